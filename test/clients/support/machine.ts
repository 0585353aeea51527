import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Ran, run, mustRun, type RunOptions } from './run.js';
import { Terminal, type TerminalOptions } from './terminal.js';

/** Making the root on a machine that has none yet; from then on it is a moment. */
export const rootTimeout = 900_000;

/** Process 1 of the machine: mounts, moves in, and lasts until its input ends. */
const init = `
set -e
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
mount -t proc proc proc
mount --rbind /dev dev
mount --rbind /sys sys
mount -t tmpfs tmpfs run
mkdir old
pivot_root . old
umount -l old
rmdir old
echo ready
exec cat
`;

/**
 * A Debian 12 with an /etc of its own that a test may change: an overlay over the root of
 * scripts/ci/make-debian-root.sh, with its own mounts and processes and this machine's network.
 */
export class Machine {
  private constructor(
    /** What differs from the root as it was made. */
    readonly changes: string,
    private readonly pid: number,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(parent: string): Promise<Machine> {
    const environment = process.env as Record<string, string>;
    const root = await mustRun('scripts/ci/make-debian-root.sh', [], { env: environment });
    const folder = await mkdtemp(join(parent, 'machine-'));
    await chmod(folder, 0o755);
    for (const each of ['upper', 'work', 'root']) await mkdir(join(folder, each));

    const isolated = ['--mount', '--pid', '--fork', '--kill-child'];
    const child = spawn('unshare', [...isolated, 'sh', '-c', init, 'init', root.trim(), folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [line] = (await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      exited,
    ])) as [unknown];
    if (line !== 'ready') throw new Error(`the machine ended with ${String(line)}`);
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');

    return new Machine(join(folder, 'upper'), Number(children), async () => {
      child.stdin.end();
      await exited;
      await rm(folder, { recursive: true, force: true });
    });
  }

  run(command: string, args: string[] = [], options: RunOptions = {}): Promise<Ran> {
    const env = { HOME: '/root', DEBIAN_FRONTEND: 'noninteractive', ...options.env };
    return run('nsenter', [...this.inside, command, ...args], { ...options, env });
  }

  /** An interactive shell at a terminal. */
  terminal(options: TerminalOptions = {}): Promise<Terminal> {
    const user = options.user ? ['setpriv', `--reuid=${options.user}`, '--clear-groups'] : [];
    return Terminal.open('nsenter', [...this.inside, ...user], options);
  }

  /** A process that goes on; its end is that of the machine at the latest. */
  spawn(command: string, args: string[]) {
    return spawn('nsenter', [...this.inside, command, ...args], {
      env: { PATH: process.env.PATH, HOME: '/root' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }

  async write(path: string, content: string, mode = 0o644): Promise<void> {
    const ran = await this.run(
      'sh',
      [
        '-c',
        'mkdir -p "$(dirname "$1")"; rm -f "$1"; cat >"$1"; chmod "$2" "$1"',
        'sh',
        path,
        mode.toString(8),
      ],
      { input: content },
    );
    if (ran.code !== 0) throw new Error(ran.output);
  }

  /** What os-release(5) says that this machine is. */
  async call(id: string, version: string, codename = ''): Promise<void> {
    const fields = { NAME: 'A test', ID: id, VERSION_ID: version, VERSION_CODENAME: codename };
    const text = Object.entries(fields).map(([name, value]) => `${name}="${value}"\n`);
    await this.write('/etc/os-release', text.join(''));
  }

  /** Every file, among those that differ, that holds this text, with its permissions: `/etc/x 0600`. */
  async filesWith(text: string): Promise<string[]> {
    const found = await this.run(
      'grep',
      ['-rlFf', '-', '--exclude-dir=proc', '--exclude-dir=sys', '--exclude-dir=dev', '/run'],
      { input: text },
    );
    const changed = await run('grep', ['-rlFf', '-', '.'], { cwd: this.changes, input: text });
    const paths = [...lines(changed.stdout).map((path) => path.slice(1)), ...lines(found.stdout)];
    return Promise.all(paths.sort().map(async (path) => `${path} ${await this.modeOf(path)}`));
  }

  /** In octal, four digits. */
  async modeOf(path: string): Promise<string> {
    const ran = await this.run('stat', ['--format=%04a', path]);
    return ran.stdout.trim();
  }

  /** Every file that differs from the root as it was made, but for those that the terminal keeps. */
  async changedFiles(): Promise<string[]> {
    const found = await mustRun(
      'find',
      ['.', '-not', '-type', 'd', '-printf', '/%P %m %s %T@\\n'],
      {
        cwd: this.changes,
      },
    );
    return lines(found)
      .filter((line) => !/^\/(?:root\/\.\w+history|started-programs) /.test(line))
      .sort();
  }

  read(path: string): Promise<string> {
    return readFile(join(this.changes, path), 'utf8');
  }

  async has(path: string): Promise<boolean> {
    return (await this.run('test', ['-e', path])).code === 0;
  }

  stop(): Promise<void> {
    return this.end();
  }

  private get inside(): string[] {
    return [`--target=${this.pid}`, '--mount', '--pid', '--root', '--wd'];
  }
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
