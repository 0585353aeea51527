import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ran, run } from './run.js';

/** dnf with a root, configuration, caches and logs of its own: an empty Enterprise Linux 9. */
export class DnfRoot {
  private constructor(readonly folder: string) {}

  static async create(parent: string): Promise<DnfRoot> {
    const root = new DnfRoot(await mkdtemp(join(parent, 'dnf-')));
    await mkdir(join(root.folder, 'etc/yum.repos.d'), { recursive: true });
    await mkdir(join(root.folder, 'var/log'), { recursive: true });
    await writeFile(join(root.folder, 'etc/dnf.conf'), '[main]\n');
    return root;
  }

  /** Writes a file of `/etc/yum.repos.d`, readable by root alone: it may hold a key. */
  async writeRepository(text: string): Promise<void> {
    const file = join(this.folder, 'etc/yum.repos.d/lts.repo');
    await writeFile(file, text, { mode: 0o600 });
  }

  dnf(...args: string[]): Promise<Ran> {
    const inRoot = (path: string) => join(this.folder, path);
    const options = {
      reposdir: inRoot('etc/yum.repos.d'),
      varsdir: inRoot('etc/vars'),
      cachedir: inRoot('var/cache'),
      persistdir: inRoot('var/lib/dnf'),
      logdir: inRoot('var/log'),
    };
    return run(
      'dnf',
      [
        ...['--assumeyes', '--noplugins', `--installroot=${this.folder}`, '--releasever=9'],
        `--config=${inRoot('etc/dnf.conf')}`,
        ...Object.entries(options).map(([name, value]) => `--setopt=${name}=${value}`),
        ...args,
      ],
      { env: { HOME: this.folder } },
    );
  }
}
