import { chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../../common/start-error.js';
import type { Binaries } from './binaries.js';
import { isRunning } from './process-table.js';
import { serverFailure } from './server-failure.js';
import type { ServerHome } from './server-home.js';
import { startAs } from './server-user.js';

/**
 * Makes the cluster unless it exists. It is made beside its place and renamed
 * when it is whole and on disk, so that a kill in the middle leaves none.
 *
 * Rejects with a StartError when what is there is not a cluster that these
 * binaries can run, or initdb fails.
 */
export async function makeCluster(
  home: ServerHome,
  binaries: Binaries,
  onProgress: (message: string) => void,
): Promise<void> {
  await removeHalfMade(home);
  if (await holdsCluster(home, binaries)) return;

  onProgress('Making the database…');
  const half = `${home.cluster}.new-${process.pid}`;
  await mkdir(half, { mode: 0o700 });
  if (home.user) await chown(half, home.user.uid, home.user.gid);
  await initialise(half, home, binaries);
  await rename(half, home.cluster).catch(async (error: unknown) => {
    // Another process on the same folder may have been quicker: then theirs it is.
    await rm(half, { recursive: true, force: true });
    if (!(await holdsCluster(home, binaries))) throw error;
  });
  await sync(home.folder);
}

async function holdsCluster(home: ServerHome, { version, major }: Binaries): Promise<boolean> {
  if (!(await stat(home.cluster).catch(() => undefined))) return false;
  const made = await readFile(join(home.cluster, 'PG_VERSION'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      throw new StartError(
        `${home.cluster} is not a PostgreSQL cluster: move it away, or set PACKYARD_DATA_DIR to another folder.`,
      );
    },
  );
  if (made.trim() === major) return true;
  throw new StartError(
    `The database in ${home.folder} was made by PostgreSQL ${made.trim()}; the one that comes with this ` +
      `Packyard, ${version}, cannot read it. Set PACKYARD_DATA_DIR to another folder to begin with an ` +
      `empty database, or DATABASE_URL to a PostgreSQL ${made.trim()} server that has it.`,
  );
}

async function initialise(folder: string, home: ServerHome, binaries: Binaries): Promise<void> {
  const args = [
    ...['-D', folder, '--username=postgres', '--encoding=UTF8', '--data-checksums'],
    // One order of text everywhere, whatever locales the machine has.
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    // The socket lies in a folder that only its owner can enter. TCP is for tests.
    ...['--auth-local=trust', '--auth-host=scram-sha-256', '--no-instructions'],
  ];
  const initdb = await startAs(home.user, binaries.initdb, args, {
    output: 'pipe',
    diesWithUs: true,
  });
  let output = '';
  for (const stream of [initdb.child.stdout, initdb.child.stderr]) {
    stream?.on('data', (text: Buffer) => (output += text.toString()));
  }
  const how = await initdb.ended;
  if (how === 'exit code 0') return;
  await rm(folder, { recursive: true, force: true });
  throw await serverFailure(home, `PostgreSQL could not make its database (${how})`, output);
}

/** Removes what a kill during initdb left; what another process is making now stays. */
async function removeHalfMade({ folder }: ServerHome): Promise<void> {
  for (const name of await readdir(folder)) {
    const maker = Number(/^(?:data|postgresql-.*)\.new-(\d+)$/.exec(name)?.[1]);
    if (!maker || (maker !== process.pid && isRunning(maker))) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Puts a rename on disk. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
