import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ran, run } from './run.js';

/** apt and dpkg with a root, configuration and database of their own: an empty Debian. */
export class AptRoot {
  private constructor(readonly folder: string) {}

  static async create(parent: string): Promise<AptRoot> {
    const root = new AptRoot(await mkdtemp(join(parent, 'apt-')));
    const folders = [
      'etc/apt/apt.conf.d',
      'etc/apt/auth.conf.d',
      'etc/apt/keyrings',
      'etc/apt/preferences.d',
      'etc/apt/sources.list.d',
      'etc/apt/trusted.gpg.d',
      'var/cache/apt/archives/partial',
      'var/lib/apt/lists/partial',
      'var/lib/dpkg/info',
      'var/lib/dpkg/updates',
      'var/log/apt',
    ];
    for (const each of folders) await mkdir(join(root.folder, each), { recursive: true });
    await root.write('var/lib/dpkg/status', '');
    await root.write('etc/apt.conf', root.configuration());
    return root;
  }

  /** Writes a file of this root, readable by root alone. */
  write(path: string, text: string): Promise<void> {
    return writeFile(join(this.folder, path), text, { mode: 0o600 });
  }

  aptGet(...args: string[]): Promise<Ran> {
    const env = { APT_CONFIG: join(this.folder, 'etc/apt.conf'), HOME: this.folder };
    return run('apt-get', ['--yes', ...args], {
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }

  /**
   * Read before anything under /etc/apt, and pointing away from it. dpkg gets the root
   * by option; apt knows the rest of it by `Dir`. Downloads run as root, because the
   * folder is closed to apt's own user.
   */
  private configuration(): string {
    return `Dir "${this.folder}/";
Dir::State::status "${this.folder}/var/lib/dpkg/status";
Dir::Bin::dpkg "/usr/bin/dpkg";
DPkg::Options { "--root=${this.folder}"; "--log=${this.folder}/var/log/dpkg.log"; };
DPkg::Path "${process.env.PATH}";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
`;
  }
}
