import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mustRun, type Ran, run } from '../../clients/support/run.js';

/**
 * The skopeo of Debian 13, which verifies signatures of cosign, in the root that scripts/ci/make-skopeo-root.sh
 * makes: nothing is written there, and a folder of ours stands in its `/etc`.
 */
export class VerifyingSkopeo {
  private constructor(
    private readonly root: string,
    private readonly etc: string,
  ) {}

  /** @param etc an empty folder @param files what is in it, by their paths */
  static async create(etc: string, files: Record<string, string>): Promise<VerifyingSkopeo> {
    const env = process.env as Record<string, string>; // where the cache and the mirror are
    const root = await mustRun('scripts/ci/make-skopeo-root.sh', [], { env });
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(etc, path)), { recursive: true });
      await writeFile(join(etc, path), text, { mode: 0o600 });
    }
    return new VerifyingSkopeo(root.trim(), etc);
  }

  run(...args: string[]): Promise<Ran> {
    const script = 'mount --bind "$0" "$1/etc" && exec chroot "$@"';
    return run('unshare', ['--mount', 'sh', '-c', script, this.etc, this.root, 'skopeo', ...args]);
  }
}
