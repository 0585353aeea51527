import { dirname, join } from 'node:path';
import type { CarriedFile, ReleaseDocument } from '../release.js';
import { carriedFiles } from './carried-files.js';
import type { Disk } from './disk.js';
import { inParallel } from '../../common/in-parallel.js';
import { type FoundTree, readTree } from './read-tree.js';
import { parseRelease } from './release-file.js';
import { documentFileOf, launchLinkOf, treeOf } from './tree-layout.js';

/** A sealed release of the same publication. */
export interface SealedRelease {
  readonly snapshot: string;
  readonly document: ReleaseDocument;
}

/** What the new release takes over from its base although its own metadata does not name it. */
export interface CarryOrder {
  readonly base: SealedRelease;
  /** Paths that the base's metadata names. */
  readonly named: Iterable<string>;
  /** Paths that leave at once. */
  readonly except: ReadonlySet<string>;
  readonly now: Date;
}

/**
 * Makes a built snapshot ready to be put in its place: with the files that it carries, its
 * `release.json` and its launch link, read-only, and all of it on the disk itself. Can be run again
 * on what a crash has left.
 *
 * @param snapshot a folder whose `tree` was built
 * @param linkText what the link at the live path will say
 * @param shared trees of other sealed releases that files may be hard links to
 */
export async function sealSnapshot(
  disk: Disk,
  snapshot: string,
  document: Omit<ReleaseDocument, 'carried'>,
  linkText: string,
  carry: CarryOrder | undefined,
  shared: readonly string[],
): Promise<ReleaseDocument> {
  const tree = treeOf(snapshot);
  const onDisk = await Promise.all(
    [...(carry ? [treeOf(carry.base.snapshot)] : []), ...shared].map(readTree),
  );
  const taken = await takenEarlier(snapshot);
  const built = new Set((await readTree(tree)).files.keys());
  for (const path of taken) built.delete(path);
  const carried = carry ? filesToCarry(carry, built, onDisk[0]!) : [];

  // The list comes first and lasts: with the links and without it, a second run could not tell what was built.
  const keep = new Set(carried.map(({ path }) => path));
  for (const path of taken) if (!keep.has(path)) await disk.unlink(join(tree, path));
  const whole: ReleaseDocument = { ...document, carried };
  await disk.writeWhole(documentFileOf(snapshot), `${JSON.stringify(whole, null, 2)}\n`);
  await disk.sync(snapshot);
  if (carry) await linkCarried(disk, tree, treeOf(carry.base.snapshot), carried);

  await settle(disk, tree, onDisk);
  const link = launchLinkOf(snapshot);
  await disk.unlink(link);
  await disk.symlink(linkText, link);
  await disk.sync(snapshot);
  return whole;
}

/** What an earlier run, which a crash ended, may have linked in. */
async function takenEarlier(snapshot: string): Promise<string[]> {
  const read = await parseRelease(snapshot);
  if (!read) return [];
  if ('problem' in read)
    throw new Error(`release.json of a snapshot being sealed: ${read.problem}`);
  return read.document.carried.map(({ path }) => path);
}

function filesToCarry(
  { base, named, except, now }: CarryOrder,
  present: ReadonlySet<string>,
  baseTree: FoundTree,
): CarriedFile[] {
  const { carried } = base.document;
  return carriedFiles({ present, named, carried, except, now }).filter(({ path }) =>
    baseTree.files.has(path),
  );
}

async function linkCarried(
  disk: Disk,
  tree: string,
  baseTree: string,
  carried: readonly CarriedFile[],
): Promise<void> {
  const folders = new Set(carried.map(({ path }) => dirname(path)));
  for (const folder of folders) await disk.makeFolder(join(tree, folder));
  await inParallel(carried, ({ path }) => disk.link(join(baseTree, path), join(tree, path)));
}

/**
 * Makes a tree read-only for everybody and brings it to the disk: each file before the folders that
 * name it. Files of a sealed release are there already, and synced content stays so under another name.
 */
async function settle(disk: Disk, tree: string, onDisk: readonly FoundTree[]): Promise<void> {
  const synced = new Set(onDisk.flatMap(({ files }) => [...files.values()].map((f) => f.inode)));
  const { files, folders } = await readTree(tree);
  const fresh = [...files.values()].filter(({ inode }) => !synced.has(inode));
  await inParallel(fresh, async ({ path, mode }) => {
    if (mode !== 0o444) await disk.setMode(join(tree, path), 0o444);
    await disk.sync(join(tree, path));
  });
  for (const folder of folders.toReversed()) {
    await disk.setMode(join(tree, folder), 0o755);
    await disk.sync(join(tree, folder));
  }
}
