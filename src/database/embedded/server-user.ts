import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A system user that PostgreSQL runs as because this process is root. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

// Nothing of ours is handed on: a PGDATA, PGOPTIONS or locale of the person who
// starts Packyard must not change the server.
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' };

/** Runs a short command as `user` (undefined: as ourselves); its standard output. Rejects when it fails. */
export async function runAs(
  user: ServerUser | undefined,
  command: string,
  args: readonly string[],
): Promise<string> {
  const options = { cwd: '/', env: environment, uid: user?.uid, gid: user?.gid };
  return (await execute(command, args, options)).stdout;
}

/** Whether `user` gets into `folder`, asked of the kernel and not worked out from modes. */
export async function canEnter(user: ServerUser | undefined, folder: string): Promise<boolean> {
  return runAs(user, 'test', ['-x', folder]).then(
    () => true,
    () => false,
  );
}

/** The system user of that name or number, or undefined when there is none. */
export async function findUser(nameOrId: string | number): Promise<ServerUser | undefined> {
  const ask = async (what: string) =>
    (await runAs(undefined, 'id', [what, String(nameOrId)])).trim();
  try {
    return { name: await ask('-un'), uid: Number(await ask('-u')), gid: Number(await ask('-g')) };
  } catch {
    return undefined;
  }
}

/** A command that is running. */
export interface Started {
  readonly child: ChildProcess;
  /** Resolves, never rejects, with how it ended: `exit code 0`, `SIGKILL`, or why it could not be run. */
  readonly ended: Promise<string>;
}

/**
 * Starts a long-running command as `user`, writing to the file descriptor `output`.
 *
 * It gets a session of its own, so that a terminal's Ctrl-C reaches only us and
 * the database outlives our drain. Where `setpriv` can, the kernel interrupts it
 * when we die without stopping it. The user is set before setpriv runs, because
 * changing it later would clear that.
 */
export async function startAs(
  user: ServerUser | undefined,
  command: string,
  args: readonly string[],
  { output, diesWithUs }: { output: number | 'pipe'; diesWithUs: boolean },
): Promise<Started> {
  const tie = diesWithUs && (await setprivWorks()) ? ['setpriv', '--pdeathsig', 'INT'] : [];
  const [file, ...rest] = [...tie, command, ...args];
  const child = spawn(file!, rest, {
    cwd: '/',
    env: environment,
    uid: user?.uid,
    gid: user?.gid,
    detached: true,
    stdio: ['ignore', output, output],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  return { child, ended };
}

/** Tried, not looked up: busybox has a setpriv without this option. */
async function setprivWorks(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  return runAs(undefined, 'setpriv', ['--pdeathsig', 'INT', 'true']).then(
    () => true,
    () => false,
  );
}
