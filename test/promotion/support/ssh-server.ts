import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '../../clients/support/run.js';
import { until } from '../../support/until.js';
import { freePort } from './s3-server.js';

export interface SshServer {
  readonly port: number;
  /** The key that may log in, and what ssh-keyscan says of the server: the secrets of a workflow. */
  readonly secrets: Readonly<Record<'HOST' | 'SSH_PRIVATE_KEY' | 'SSH_KNOWN_HOST', string>>;
  readonly keyFile: string;
  readonly knownHosts: string;
  stop(): Promise<void>;
}

/** A real sshd on loopback. Before the one key that it accepts is what the page on it says, for these ports instead. */
export async function startSshServerOfWorkflows(
  admin: number,
  staging: number,
): Promise<SshServer> {
  const page = await readFile('deploy/ssh/authorized_keys.example', 'utf8');
  const [, options] = /^(restrict\S*) ssh-ed25519/m.exec(page)!;
  return startSshServer(options!.replace(':8088"', `:${admin}"`).replace(':9000"', `:${staging}"`));
}

async function startSshServer(options: string): Promise<SshServer> {
  const folder = await mkdtemp(join(tmpdir(), 'packyard-sshd-'));
  const file = (name: string) => join(folder, name);
  await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('host')]);
  await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('key')]);
  await writeFile(file('authorized_keys'), `${options} ${await readFile(file('key.pub'), 'utf8')}`);
  const port = await freePort();
  await writeFile(
    file('config'),
    `ListenAddress 127.0.0.1:${port}
HostKey ${file('host')}
PidFile none
AuthorizedKeysFile ${file('authorized_keys')}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
`,
  );
  await mkdir('/run/sshd', { recursive: true });
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('config')], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  await until(() => answers(port));
  const host = (await readFile(file('host.pub'), 'utf8')).trim();
  const knownHost = `[127.0.0.1]:${port} ${host}`;
  await writeFile(file('known_hosts'), `${knownHost}\n`);
  return {
    port,
    secrets: {
      HOST: '127.0.0.1',
      SSH_PRIVATE_KEY: (await readFile(file('key'), 'utf8')).trim(),
      SSH_KNOWN_HOST: knownHost,
    },
    keyFile: file('key'),
    knownHosts: file('known_hosts'),
    async stop() {
      child.kill();
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
