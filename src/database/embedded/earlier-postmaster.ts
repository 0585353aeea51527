import { constants } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../../common/start-error.js';
import { isRunning, lookUpProcess } from './process-table.js';
import type { ServerHome } from './server-home.js';
import { isTemporarySocketFolder, socketFile } from './socket-folder.js';

const stopWithin = 60_000; // milliseconds; a fast shutdown writes out what is in memory
const answerWithin = 1_000; // milliseconds
const lingersFor = 3_000; // milliseconds; a killed process closes its socket last

/** The server's setting that tells whose it is, the process that started it, in its command line. */
export const ownedBy = (owner: number): string => `cluster_name=packyard-${owner}`;

/**
 * Clears away what an earlier run left of its server, so that a new one can
 * start. `unclean` when that run had no chance to shut down: the new server
 * will replay its log first.
 *
 * There is no lock file of ours to go stale. That at most one server runs on a
 * cluster is PostgreSQL's own lock. Whether the one that runs is in use is asked
 * of the kernel: as long as the process that started a server lives, it is the
 * server's parent, and once it is gone something else is. No reused process
 * number can fake that.
 *
 * Rejects with a StartError when another live Packyard uses the cluster.
 */
export async function clearEarlierPostmaster(
  home: ServerHome,
  onProgress: (message: string) => void,
): Promise<'none' | 'stopped' | 'unclean'> {
  const lockFile = join(home.cluster, 'postmaster.pid');
  const lock = await readFile(lockFile, 'utf8').catch(() => '');
  const { pid, port, socketFolder } = parseLockFile(lock);
  if (!(pid > 0)) return 'none';

  const running = await findPostmaster(pid, home);
  if (running?.orphaned) {
    onProgress('Stopping the PostgreSQL that an unclean stop left behind…');
    await stopOrphan(pid, home);
  } else if (running) {
    throw inUse(home, running.owner);
  } else if (await keepsAnswering(socketFile(socketFolder, port))) {
    // Its process is out of our sight: in another container on the same volume.
    throw inUse(home, 'a process that this one cannot see');
  } else if (isRunning(pid)) {
    await disown(lockFile);
    await disown(`${socketFile(socketFolder, port)}.lock`);
  }
  if (isTemporarySocketFolder(socketFolder)) {
    await rm(socketFolder, { recursive: true, force: true });
  }
  return running ? 'stopped' : 'unclean';
}

/** PostgreSQL's postmaster.pid: process, cluster, start time, port, socket folder, a line each. */
export function parseLockFile(text: string): { pid: number; port: number; socketFolder: string } {
  const [pid, , , port, socketFolder = ''] = text.split('\n');
  return { pid: Number(pid), port: Number(port), socketFolder };
}

/** The server on this cluster, if `pid` is one. */
async function findPostmaster(
  pid: number,
  { cluster }: ServerHome,
): Promise<{ owner: string; orphaned: boolean } | undefined> {
  const found = await lookUpProcess(pid);
  if (!found?.command.includes(` -D ${cluster}`)) return undefined;
  const owner = / cluster_name=packyard-(\d+)/.exec(found.command)?.[1];
  // Somebody who started it by hand wants it to stay.
  if (!owner) return { owner: `PostgreSQL process ${pid}, started by hand`, orphaned: false };
  return { owner: `process ${owner}`, orphaned: found.parent !== Number(owner) };
}

/**
 * Signals this very process, not "the server on this folder" as pg_ctl would: by
 * now that could be a new one that another Packyard has started.
 */
async function stopOrphan(pid: number, home: ServerHome): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    signalIfThere(pid, signal);
    const deadline = Date.now() + stopWithin;
    while (Date.now() < deadline) {
      if (!(await findPostmaster(pid, home))) return;
      await sleep(20);
    }
  }
  throw new StartError(
    `The PostgreSQL that an earlier run left behind on ${home.folder}, process ${pid}, does not stop: ` +
      'end that process and start again.',
  );
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function keepsAnswering(socket: string): Promise<boolean> {
  const deadline = Date.now() + lingersFor;
  while (await answers(socket)) {
    if (Date.now() > deadline) return true;
    await sleep(50);
  }
  return false;
}

async function answers(socket: string): Promise<boolean> {
  const connection = connect(socket);
  return new Promise<boolean>((resolve) => {
    connection.once('connect', () => resolve(true));
    connection.once('error', () => resolve(false));
    connection.setTimeout(answerWithin, () => resolve(false));
  }).finally(() => connection.destroy());
}

/**
 * After a restart of the machine or container, the number of the server that was
 * killed can be another process's, and PostgreSQL would refuse to start for
 * ever. It takes its own parent's number as stale, so ours goes in its place; the
 * rest stays, since PostgreSQL also looks there for memory still in use.
 */
async function disown(lockFile: string): Promise<void> {
  const lock = await readFile(lockFile, 'utf8').catch(() => undefined);
  if (lock === undefined) return;
  const flag = constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW;
  await writeFile(lockFile, lock.replace(/^\d+/, String(process.pid)), { flag });
}

function inUse({ folder }: ServerHome, owner: string): StartError {
  return new StartError(
    `The database in ${folder} is in use by ${owner}: stop that one first, ` +
      'or set PACKYARD_DATA_DIR to a folder of its own for this one.',
  );
}
