import { createHash } from 'node:crypto';
import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartError } from '../../common/start-error.js';
import { canEnter, findUser, type ServerUser } from './server-user.js';

/** Where the embedded server lives and as whom it runs. */
export interface ServerHome {
  /** Holds the cluster, its socket, the log and, where needed, a copy of the binaries. */
  readonly folder: string;
  /** The cluster itself (PGDATA). */
  readonly cluster: string;
  /** Undefined: the user that we are. */
  readonly user: ServerUser | undefined;
  /** Not under the data folder, because `user` cannot get there. */
  readonly elsewhere: boolean;
}

/**
 * Finds, or makes, the home that belongs to a data folder: `postgres` inside it.
 *
 * PostgreSQL refuses to run as root. Started as root, it runs as `postgres` or
 * `nobody`; where that user cannot reach the data folder, its home is one of its
 * own under /var/lib, named after the data folder so that every start finds it.
 * A cluster that exists stays where it is and with the user who owns it.
 *
 * Rejects with a StartError when there is no such user, and with the file
 * system's error when the folder cannot be made.
 */
export async function findServerHome(dataDir: string): Promise<ServerHome> {
  await makeFolder(dataDir);
  const inside = join(await realpath(dataDir), 'postgres');
  if (process.getuid?.() !== 0) return makeHome(inside, undefined, false);

  const outside = join('/var/lib/packyard', nameAfter(await realpath(dataDir)));
  for (const folder of [outside, inside]) {
    const owner = await ownerOf(join(folder, 'data'));
    if (owner) return makeHome(folder, owner, folder === outside);
  }
  const user = (await findUser('postgres')) ?? (await findUser('nobody'));
  if (!user) {
    throw new StartError(
      'PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody" to run it as: ' +
        'start Packyard as an ordinary user, or set DATABASE_URL to a PostgreSQL server of your own.',
    );
  }
  const reachable = await canEnter(user, await realpath(dataDir));
  return makeHome(reachable ? inside : outside, user, !reachable);
}

/**
 * Root keeps the home and opens it for passing through only: what we do there as
 * root must not be led astray by links that the server's user could plant.
 */
async function makeHome(
  folder: string,
  user: ServerUser | undefined,
  elsewhere: boolean,
): Promise<ServerHome> {
  await makeFolder(folder, 0o700);
  if (user) {
    if (elsewhere) await chmod(dirname(folder), 0o755);
    if ((await stat(folder)).uid === 0) await chmod(folder, 0o711);
    if (!(await canEnter(user, folder))) {
      throw new StartError(
        `The database in ${folder} belongs to the user ${user.name}, who cannot get there any more: ` +
          'open the folders above it for passing through (chmod o+x), or set PACKYARD_DATA_DIR to another folder.',
      );
    }
  }
  return { folder, cluster: join(folder, 'data'), user, elsewhere };
}

/** Like `mkdir -p`. Node's own never returns where the kernel refuses a new name, as in /proc. */
async function makeFolder(folder: string, mode?: number): Promise<void> {
  const make = () =>
    mkdir(folder, { mode }).catch(async (error: NodeJS.ErrnoException) => {
      const isThere = error.code === 'EEXIST' && (await stat(folder)).isDirectory();
      if (!isThere) throw error;
    });
  await make().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await make();
  });
}

async function ownerOf(cluster: string): Promise<ServerUser | undefined> {
  const found = await stat(cluster).catch(() => undefined);
  if (!found) return undefined;
  return (await findUser(found.uid)) ?? { name: String(found.uid), uid: found.uid, gid: found.gid };
}

/** The name of a data folder's home under /var/lib. */
export function nameAfter(dataDir: string): string {
  return createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
}
