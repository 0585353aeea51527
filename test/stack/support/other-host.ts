import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../../clients/support/run.js';
import type { Stack } from './stack.js';

/** Of its image and its container. */
export const OTHER_HOST = 'packyard-other-host';
const HOST = 'other.example';
const FOLDER = '/srv/packyard';

/** Like the machine of another provider that backups are copied to: an sshd with rsync, and no more. */
export class OtherHost {
  private constructor(
    private readonly stack: Stack,
    private readonly folder: string,
  ) {}

  static async start(stack: Stack): Promise<OtherHost> {
    const folder = await stack.newFolder('other-host');
    const ssh = join(folder, 'ssh');
    await mkdir(ssh); // sshd reads it as the user who logs in
    for (const key of ['host', 'id']) {
      await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(ssh, key)]);
    }
    await writeFile(join(ssh, 'authorized_keys'), await readFile(join(ssh, 'id.pub')));
    await writeFile(
      join(folder, 'Dockerfile'),
      `FROM packyard-backup:local
RUN apt-get update && apt-get install --yes --no-install-recommends openssh-server
RUN useradd --create-home backup-taker && mkdir /run/sshd && install -d -o backup-taker ${FOLDER}
`,
    );
    await stack.mustRun('docker', 'build', '--quiet', '--tag', OTHER_HOST, folder);
    const sshd = ['/usr/sbin/sshd', '-D', '-e', '-o', 'HostKey=/keys/host'];
    await stack.mustRun(
      ...['docker', 'run', '--detach', '--name', OTHER_HOST, '--volume', `${ssh}:/keys:ro`],
      ...['--network', 'packyard_off-host', '--network-alias', HOST, OTHER_HOST],
      ...[...sshd, '-o', 'AuthorizedKeysFile=/keys/authorized_keys', '-o', 'StrictModes=no'],
    );
    return new OtherHost(stack, folder);
  }

  /** What BACKUP_TARGET has to be. */
  get target(): string {
    return `backup-taker@${HOST}:${FOLDER}`;
  }

  /** Puts into the operator's clone what the page on backups says: a key, and the host key. */
  async trust(): Promise<void> {
    const there = join(this.stack.checkout, 'deploy/backup/ssh');
    await mkdir(there, { recursive: true });
    const id = await readFile(join(this.folder, 'ssh/id'));
    await writeFile(join(there, 'id'), id, { mode: 0o600 });
    const hostKey = await readFile(join(this.folder, 'ssh/host.pub'), 'utf8');
    await writeFile(join(there, 'known_hosts'), `${HOST} ${hostKey}`);
  }

  async list(name: string): Promise<string[]> {
    const found = await this.stack.mustRun('docker', 'exec', OTHER_HOST, 'ls', `${FOLDER}/${name}`);
    return found.trim().split('\n');
  }

  /** The last that it is asked for. @returns where these are then, on this machine */
  async fetch(...names: string[]): Promise<string[]> {
    const files = names.map((name) => join(this.folder, name));
    for (const [i, name] of names.entries()) {
      await this.stack.mustRun('docker', 'cp', `${OTHER_HOST}:${FOLDER}/${name}`, files[i]!);
    }
    await this.stop(); // or its network could not go
    return files;
  }

  async stop(): Promise<void> {
    await this.stack.run('docker', 'rm', '--force', OTHER_HOST);
  }
}
