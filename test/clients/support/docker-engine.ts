import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../support/until.js';
import { type Ran, run } from './run.js';

/** A container engine of the test's own: it pulls and unpacks, and has no network to run anything in. */
export class DockerEngine {
  private constructor(
    private readonly folder: string,
    readonly stop: () => Promise<void>,
  ) {}

  /** As root. */
  static async start(): Promise<DockerEngine> {
    const folder = await mkdtemp(join(tmpdir(), 'packyard-docker-')); // short: a socket's path is at most 107 bytes
    const args = [
      ...['--host', `unix://${folder}/docker.sock`, '--pidfile', join(folder, 'docker.pid')],
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
      ...['--bridge', 'none', '--iptables=false', '--ip6tables=false'],
    ];
    const child = spawn('dockerd', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = once(child, 'exit');
    let said = '';
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (said = (said + text).slice(-4_000)));
    const engine = new DockerEngine(folder, async () => {
      child.kill('SIGTERM');
      await exited;
      await run('rm', ['-rf', folder]);
    });
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`dockerd ended with ${child.exitCode}\n${said}`);
      return (await engine.docker(['version'])).code === 0;
    });
    return engine;
  }

  docker(args: string[], input?: string): Promise<Ran> {
    const env = { DOCKER_HOST: `unix://${this.folder}/docker.sock`, DOCKER_CONFIG: this.folder };
    return run('docker', args, { env, input });
  }

  /** By the client of the containerd below it. A person types the key, so this does too: no argv has it. */
  ctrPull(reference: string, key: string, platform: string): Promise<Ran> {
    const pull = [
      ...['ctr', '--address', `${this.folder}/exec/containerd/containerd.sock`],
      ...['images', 'pull', '--plain-http', '--user', 'subscriber', '--platform', platform],
      reference,
    ];
    const atTerminal = ['--quiet', '--return', '--command', pull.join(' '), '/dev/null'];
    return run('script', atTerminal, { input: `${key}\n` });
  }
}
