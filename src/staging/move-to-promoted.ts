import { DomainError } from '../common/domain-error.js';
import type { Destination } from '../promotion/publication.js';
import { LARGEST_CHECKSUM_FILE, parseChecksumFile } from './checksum-file.js';
import type { ObjectStore, StoredObject } from './object-store.js';
import { readText } from './read-text.js';
import { sha256Of } from './sha256-of.js';
import { CHECKSUM_SUFFIX, PROMOTED, stagingFolder } from './staging-path.js';

/** A file that was promoted, as the promotion froze it. */
export interface MovedFile {
  readonly name: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/** What became of each, by name. */
export interface MoveOutcome {
  /** Under `promoted/` now, by this call or one before. */
  readonly moved: readonly string[];
  /** Another file lies there by now, and stays. */
  readonly replaced: readonly string[];
  /** In neither place: somebody removed it. */
  readonly missing: readonly string[];
}

/** How many are moved at once. */
const AT_ONCE = 8;

/** What lay in both folders when the move began; each step holds only for what is still the same. */
type Found = ReadonlyMap<string, StoredObject>;

/** `StagingStore.moveToPromoted` over any store. */
export async function moveToPromoted(
  objects: ObjectStore,
  destination: Destination,
  files: readonly MovedFile[],
  promotionId: string,
): Promise<MoveOutcome> {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(promotionId)) {
    throw new TypeError(`${promotionId} cannot be a folder's name`);
  }
  const folder = stagingFolder(destination);
  const promoted = `${PROMOTED}/${promotionId}/${folder}`;
  const found = new Map([
    ...(await filesIn(objects, `${folder}/`)),
    ...(await filesIn(objects, `${promoted}/`)),
  ]);
  const outcome = { moved: [], replaced: [], missing: [] } as Record<keyof MoveOutcome, string[]>;
  for (let i = 0; i < files.length; i += AT_ONCE) {
    await Promise.all(
      files.slice(i, i + AT_ONCE).map(async (file) => {
        const source = `${folder}/${file.name}`;
        const target = `${promoted}/${file.name}`;
        outcome[await moveFile(objects, found, source, target, file)].push(file.name);
      }),
    );
  }
  return outcome;
}

async function filesIn(objects: ObjectStore, prefix: string): Promise<[string, StoredObject][]> {
  const files: [string, StoredObject][] = [];
  for await (const object of objects.list({ prefix, after: '' })) {
    if (object.unreadable === undefined) files.push([object.path, object]);
  }
  return files;
}

async function moveFile(
  objects: ObjectStore,
  found: Found,
  source: string,
  target: string,
  { name, sha256 }: MovedFile,
): Promise<keyof MoveOutcome> {
  const staged = found.get(source);
  let isPromotedFile: boolean;
  if (found.has(target)) {
    // An earlier run copied it.
    await requireContent(objects, target, sha256);
    isPromotedFile = staged !== undefined && (await hasContent(objects, source, sha256));
  } else {
    if (!staged) return 'missing';
    if (!(await copyContent(objects, staged, target, sha256))) return 'replaced';
    isPromotedFile = true;
  }

  // The checksum leaves first: from then on the file is not whole, and nobody promotes it a second time.
  await moveChecksum(objects, found, source, target, { name, sha256 });
  if (staged && isPromotedFile) await objects.remove(staged);
  return 'moved';
}

/** Copies, and takes the copy back where it is not what was promoted. */
async function copyContent(
  objects: ObjectStore,
  staged: StoredObject,
  target: string,
  sha256: string,
): Promise<boolean> {
  if (!(await objects.copy(staged, target))) return false;
  if (await hasContent(objects, target, sha256)) return true;
  const copy = await objects.look(target);
  if (copy) await objects.remove(copy);
  return false;
}

/** The checksum that the file had when it was promoted. A newer file may have brought one of its own, which stays. */
async function moveChecksum(
  objects: ObjectStore,
  found: Found,
  source: string,
  target: string,
  { name, sha256 }: MovedFile,
): Promise<void> {
  const checksum = found.get(source + CHECKSUM_SUFFIX);
  const bytes = checksum && (await objects.read(checksum.path));
  if (!checksum || !bytes) return;
  const read = parseChecksumFile(await readText(bytes, LARGEST_CHECKSUM_FILE), name);
  if ('problem' in read || read.sha256 !== sha256) return;
  const copied = target + CHECKSUM_SUFFIX;
  if (!found.has(copied) && !(await objects.copy(checksum, copied))) return;
  await objects.remove(checksum);
}

async function hasContent(objects: ObjectStore, path: string, sha256: string): Promise<boolean> {
  const bytes = await objects.read(path);
  return bytes !== undefined && (await sha256Of(bytes)) === sha256;
}

async function requireContent(objects: ObjectStore, path: string, sha256: string): Promise<void> {
  if (await hasContent(objects, path, sha256)) return;
  throw new DomainError(
    'STAGED_FILE_CHANGED',
    `${path} in staging is not the file that was promoted, and is in its way. Look at it and move it elsewhere.`,
    { path },
  );
}
