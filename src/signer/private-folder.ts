import { readFileSync, rmSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { SigningRefused } from './signing-refused.js';

/** File systems that are in memory alone (linux/magic.h). */
const IN_MEMORY = [0x01021994 /* tmpfs */, 0x858458f6 /* ramfs */];

const PREFIX = 'packyard-signer';

/** A folder that ends with the process. */
export interface PrivateFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Makes a folder that nobody else can look into. One that a killed process left there is removed first.
 * @param abandon what has to be done before such a folder is removed
 */
export async function makePrivateFolder(
  parent: string,
  abandon: (folder: string) => Promise<void> = () => Promise.resolve(),
): Promise<PrivateFolder> {
  await removeAbandoned(parent, abandon);
  const path = await mkdtemp(join(parent, `${nameOf(process.pid)}-`)); // mode 0700
  // Whatever ends the process but a signal that nothing can catch.
  const last = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', last);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      process.off('exit', last);
    },
  };
}

function usualPlaces(): string[] {
  return [`/run/user/${process.getuid?.() ?? ''}`, '/dev/shm'];
}

/**
 * A folder that is on no disk.
 * @throws SigningRefused where there is none
 */
export async function placeInMemory(places: readonly string[] = usualPlaces()): Promise<string> {
  for (const place of places) {
    const type = await statfs(place).then(
      (found) => found.type,
      () => undefined,
    );
    if (type !== undefined && IN_MEMORY.includes(type >>> 0)) return place;
  }
  throw new SigningRefused(
    `The private key is kept in memory alone, and none of ${places.join(', ')} is a tmpfs here. ` +
      'Sign on Linux with /dev/shm; in a container, run it with --tmpfs /dev/shm (docker and podman make one by default).',
  );
}

/** Folders of processes that are no more, and of which nobody else is the owner. */
async function removeAbandoned(
  parent: string,
  abandon: (folder: string) => Promise<void>,
): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, owner, pid] = /^(packyard-signer-(\d+)-\d+)-/.exec(name) ?? [];
    if (owner === undefined || owner === nameOf(Number(pid))) continue;
    const folder = join(parent, name);
    const found = await lstat(folder).catch(() => undefined);
    if (!found?.isDirectory() || found.uid !== process.getuid?.()) continue;
    await abandon(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Says which process it is of, also when its id is given to another: with when it started, in ticks since the boot. */
function nameOf(pid: number): string {
  return `${PREFIX}-${pid}-${startOf(pid)}`;
}

function startOf(pid: number): string {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // proc(5): the name, which may hold anything, is in parentheses; the start is field 22
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    return '0';
  }
}
