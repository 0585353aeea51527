import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { run } from '../clients/support/run.js';
import { freePort } from './support/s3-server.js';
import { type SshServer, startSshServerOfWorkflows } from './support/ssh-server.js';

const SCRIPT = 'scripts/with-tunnel.sh';

/** Folders of scripts that have ended; another test may be in the middle of one. */
const tunnelsLeft = async () =>
  (await readdir('/dev/shm')).filter((name) => {
    const [, pid] = /^packyard-tunnel-(\d+)-/.exec(name) ?? [];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  });

describe('the tunnel of a workflow', () => {
  let servers: Server[];
  let ports: number[];
  let ssh: SshServer;
  let here: number[];
  let env: Record<string, string>;

  beforeAll(async () => {
    servers = ['admin', 'staging', 'database'].map((name) =>
      createServer((_, response) => response.end(name)).listen(0, '127.0.0.1'),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    ports = servers.map((server) => (server.address() as AddressInfo).port);
    ssh = await startSshServerOfWorkflows(ports[0]!, ports[1]!);
    here = [await freePort(), await freePort()];
    env = {
      ...ssh.secrets,
      SSH_USER: 'root',
      SSH_PORT: String(ssh.port),
      TUNNEL_FORWARDS: `${here[0]}:${ports[0]} ${here[1]}:${ports[1]}`,
    };
  });
  afterAll(async () => {
    await ssh.stop();
    servers.forEach((server) => server.close());
    expect(await tunnelsLeft()).toEqual([]);
  });

  const ask = (port: number) => `curl --silent --show-error http://127.0.0.1:${port}/`;
  const by = (options: readonly string[], command: readonly string[] = []) =>
    run('ssh', [
      ...['-F', '/dev/null', '-i', ssh.keyFile, '-p', String(ssh.port)],
      ...['-o', `UserKnownHostsFile=${ssh.knownHosts}`, '-o', 'BatchMode=yes'],
      ...['-o', 'IdentitiesOnly=yes', ...options, 'root@127.0.0.1', ...command],
    ]);

  it('leads to the admin API and to staging, while the command runs and no longer', async () => {
    const command = `${ask(here[0]!)} && ${ask(here[1]!)}`;
    const ran = await run(SCRIPT, ['bash', '-c', command], { env });
    expect(ran).toMatchObject({ code: 0, output: 'adminstaging' });
    expect((await run('bash', ['-c', ask(here[0]!)])).code).toBe(7);
  });

  it('passes the command’s exit code on, and neither of its secrets', async () => {
    const command = 'env; ls /dev/shm/packyard-tunnel-$PPID-*; exit 42';
    const ran = await run(SCRIPT, ['bash', '-c', command], { env });
    expect(ran.code).toBe(42);
    expect(ran.output).toContain('known_hosts');
    expect(ran.output).not.toMatch(/SSH_PRIVATE_KEY|SSH_KNOWN_HOST|PRIVATE KEY|^key$/m);
  });

  it('is none to a host with another key', async () => {
    const [, type, key] = ssh.secrets.SSH_KNOWN_HOST.split(' ');
    const other = `[127.0.0.1]:${ssh.port} ${type} ${key!.slice(0, -4)}AAAA`;
    const ran = await run(SCRIPT, ['echo', 'ran'], { env: { ...env, SSH_KNOWN_HOST: other } });
    expect(ran.code).toBe(3);
    expect(ran.output).toContain('Host key verification failed');
    expect(ran.stdout).toBe('');
  });

  it.each(['HOST', 'SSH_PRIVATE_KEY', 'SSH_KNOWN_HOST'])('is none without %s', async (name) => {
    const ran = await run(SCRIPT, ['true'], { env: { ...env, [name]: '' } });
    expect(ran).toMatchObject({ code: 3, output: `with-tunnel: ${name} is not set\n` });
  });

  it('opens no other port with this key', async () => {
    const port = await freePort();
    const database = { ...env, TUNNEL_FORWARDS: `${port}:${ports[2]}` };
    const ran = await run(SCRIPT, ['bash', '-c', ask(port)], { env: database });
    expect(ran.code).not.toBe(0);
    expect(ran.stdout).toBe('');
  });

  it.each([
    ['command', [], ['id']],
    ['terminal', ['-tt'], []],
    ['file transfer', ['-s'], ['sftp']],
  ])('gives this key no %s', async (_, options, command) => {
    const ran = await by(options, command);
    expect(ran.code).not.toBe(0);
    expect(ran.stdout).not.toMatch(/uid=|\$ |# /);
  });

  it('lets this key listen on no port there', async () => {
    const port = await freePort();
    const ran = await by([
      '-N',
      '-o',
      'ExitOnForwardFailure=yes',
      '-o',
      'ConnectTimeout=5',
      '-R',
      `${port}:127.0.0.1:22`,
    ]);
    expect(ran.output).toMatch(/remote port forwarding failed/);
  });
});
