import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mustRun } from '../../clients/support/run.js';
import { makeImage } from '../../clients/support/sample-image.js';
import { buildDeb, buildRpm } from '../../clients/support/sample-packages.js';
import type { SigningKey } from '../../clients/support/signing-key.js';
import { type CosignKeys, makeCosignKeys } from '../../promotion/support/image-site.js';

/**
 * What the workflows promote-rpm, promote-deb and promote-oci do, with the secrets of section 3 of the deployment
 * document. The server's ports are on this machine's loopback, where the tunnel of a workflow brings them
 * (test/promotion/tunnel.spec.ts).
 */
export class Ci {
  private constructor(
    private readonly folder: string,
    private cosign: CosignKeys,
    private readonly env: Record<string, string>,
  ) {}

  static async start(
    parent: string,
    checkout: string,
    signingKey: SigningKey,
    staging: Record<string, string>,
  ): Promise<Ci> {
    const folder = await mkdtemp(join(parent, 'ci-'));
    const cosign = await makeCosignKeys(folder);
    const env: Record<string, string> = {
      HOME: folder,
      // What the workflow's own checkout has.
      PUBLIC_KEYS_DIR: join(checkout, 'static/content/gpg'),
      PACKYARD_CONFIG: join(checkout, 'config/packyard.yml'),
      ...staging,
      ...(await signingKey.secrets()),
    };
    const ci = new Ci(folder, cosign, env);
    await ci.replaceCosign(cosign);
    return ci;
  }

  /** What the server has as `cosign.pub`. */
  get cosignKeyFile(): string {
    return join(this.cosign.folder, 'cosign.pub');
  }

  /** From now on the workflows have other values of these secrets. */
  replaceSecrets(secrets: Record<string, string>): void {
    Object.assign(this.env, secrets);
  }

  async replaceCosign(keys: CosignKeys): Promise<void> {
    this.cosign = keys;
    this.replaceSecrets({
      COSIGN_PRIVATE_KEY: await readFile(join(keys.folder, 'cosign.key'), 'utf8'),
      COSIGN_PASSWORD: keys.password,
    });
  }

  buildRpm(name: string, version: string): Promise<string> {
    return buildRpm(this.folder, { name, version });
  }

  async promoteRpm(component: string, name: string, version = '1'): Promise<void> {
    await this.promote(component, 'rpm', 'el9-x86_64', [await this.buildRpm(name, version)]);
  }

  async promoteDeb(component: string, name: string, version = '1'): Promise<void> {
    await this.promote(component, 'deb', 'bookworm-all', [await this.buildDeb(name, version)]);
  }

  buildDeb(name: string, version: string): Promise<string> {
    return buildDeb(this.folder, { name, version });
  }

  /** An image for both architectures. */
  async promoteImage(component: string, version: string): Promise<void> {
    const labels = { 'org.opencontainers.image.version': version };
    const name = `${component} ${version}`;
    const { layout } = await makeImage(this.folder, name, undefined, labels);
    const files: string[] = [];
    for (const architecture of ['amd64', 'arm64']) {
      const file = `${layout}-${architecture}.tar`;
      const from = ['--override-os', 'linux', '--override-arch', architecture];
      await mustRun('skopeo', ['copy', ...from, `oci:${layout}`, `oci-archive:${file}`]);
      files.push(file);
    }
    await this.promote(component, 'oci', 'all', files);
  }

  /**
   * @param files that the build made
   * @param options of `packyard promote`
   */
  async promote(
    component: string,
    format: string,
    target: string,
    files: readonly string[],
    ...options: string[]
  ): Promise<void> {
    const built = await mkdtemp(join(this.folder, 'packages-'));
    for (const file of files) await cp(file, join(built, basename(file)));
    await mustRun('bash', ['-c', 'sha256sum -- * >SHA256SUMS'], { cwd: built });
    const where = [component, '2025', format, target, built, ...options];
    await mustRun('scripts/ci/stage-and-promote.sh', where, { env: this.env });
  }
}
