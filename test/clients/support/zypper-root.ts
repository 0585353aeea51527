import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Ran, run } from './run.js';

/** zypper with a root, configuration and caches of its own. */
export class ZypperRoot {
  private constructor(readonly folder: string) {}

  static async create(parent: string): Promise<ZypperRoot> {
    const root = new ZypperRoot(await mkdtemp(join(parent, 'zypper-')));
    await root.write('etc/zypp/zypp.conf', '[main]\n');
    return root;
  }

  /** Writes a file of this root, readable by root alone. */
  async write(path: string, text: string): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
  }

  zypper(...args: string[]): Promise<Ran> {
    const options = ['--non-interactive', '--gpg-auto-import-keys', '--root', this.folder];
    const env = { HOME: this.folder, ZYPP_LOGFILE: join(this.folder, 'zypper.log') };
    return run('zypper', [...options, ...args], { env });
  }
}
