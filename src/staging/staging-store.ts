import type { Readable } from 'node:stream';
import { DomainError } from '../common/domain-error.js';
import type { Destination } from '../promotion/publication.js';
import { LARGEST_CHECKSUM_FILE, parseChecksumFile } from './checksum-file.js';
import type { ObjectStore, StoredObject } from './object-store.js';
import { moveToPromoted, type MovedFile, type MoveOutcome } from './move-to-promoted.js';
import { readText } from './read-text.js';
import {
  CHECKSUM_SUFFIX,
  compareBytes,
  LARGEST_STAGED_FILE,
  parseStagingPath,
  PROMOTED,
  stagingPath,
} from './staging-path.js';

interface Waiting {
  /** From the root of the staging area. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly stagedAt: Date;
}

/** A file with its checksum: it can be promoted. */
export interface CompleteFile extends Waiting {
  readonly state: 'complete';
  readonly destination: Destination;
  readonly name: string;
  /** As its `.sha256` says, 64 lower-case hex digits. Whether the bytes have it shows when they are read. */
  readonly sha256: string;
}

/** A file whose checksum is not there yet, or cannot be read; or a checksum whose file is not there. */
export interface IncompleteFile extends Waiting {
  readonly state: 'incomplete';
  readonly problem: string;
}

/** A file that cannot be promoted as it is. */
export interface RefusedFile extends Waiting {
  readonly state: 'refused';
  readonly problem: string;
}

export type StagedFile = CompleteFile | IncompleteFile | RefusedFile;

/** How many checksums are read at once. */
const CHECKSUMS_AT_ONCE = 16;

/** The first path behind all that begins with `promoted/`. */
const BEHIND_PROMOTED = `${PROMOTED}0`;

/**
 * Staging: `{component}/{series}/{format}/{target}/{file}`, and `{file}.sha256`, written last. It is the
 * same over a folder and over S3.
 */
export class StagingStore {
  constructor(private readonly objects: ObjectStore) {}

  /**
   * Everything that waits, in the order of the paths' bytes: what is whole, what is not yet, and what never will
   * be, with the reason.
   * @param filter of what is wanted, the parts of a destination
   * @param after the path of the last one that was seen
   * @throws DomainError STAGING_UNAVAILABLE
   */
  async *list(filter: Partial<Destination> = {}, after = ''): AsyncGenerator<StagedFile> {
    for await (const folder of byFolder(this.stored(filter, after))) {
      const files = pairWithChecksums(folder).filter(
        ({ file: { path } }) => compareBytes(path, after) > 0 && isWanted(path, filter),
      );
      for (let i = 0; i < files.length; i += CHECKSUMS_AT_ONCE) {
        const some = files.slice(i, i + CHECKSUMS_AT_ONCE);
        yield* await Promise.all(some.map((each) => this.describe(each)));
      }
    }
  }

  /**
   * The bytes of a file as they are now; `fetchVerified` says whether they are those that were wanted.
   * @throws DomainError STAGED_FILE_CHANGED when it is gone, STAGING_UNAVAILABLE
   */
  async open(destination: Destination, name: string): Promise<Readable> {
    const path = stagingPath(destination, name);
    const place = parseStagingPath(path);
    const bytes = 'problem' in place ? undefined : await this.objects.read(path);
    if (bytes) return bytes;
    throw new DomainError(
      'STAGED_FILE_CHANGED',
      `${path} is no longer in staging. Stage it again, or promote without it.`,
      { path },
    );
  }

  /**
   * Moves promoted files with their checksums to `promoted/{promotion}/`, under the path that they have. Copies,
   * checks the copy's SHA-256, then removes; run again after a crash, it goes on where it was. What is no longer
   * the file that was promoted stays where it is: it waits for the next promotion.
   * One process at a time may do this for a promotion.
   * @throws DomainError STAGED_FILE_CHANGED when something else lies where a file has to go, STAGING_UNAVAILABLE
   */
  moveToPromoted(
    destination: Destination,
    files: readonly MovedFile[],
    promotionId: string,
  ): Promise<MoveOutcome> {
    return moveToPromoted(this.objects, destination, files, promotionId);
  }

  /** Makes the folder or bucket. @throws DomainError STAGING_UNAVAILABLE */
  prepare(): Promise<void> {
    return this.objects.prepare();
  }

  /** Resolves when staging can be read. @throws DomainError STAGING_UNAVAILABLE */
  check(): Promise<void> {
    return this.objects.check();
  }

  /** From the folder of the last one seen: a file's checksum may come much later than the file. */
  private async *stored(filter: Partial<Destination>, after: string): AsyncGenerator<StoredObject> {
    const prefix = prefixOf(filter);
    for await (const object of this.objects.list({ prefix, after: folderOf(after) })) {
      if (object.path.startsWith(`${PROMOTED}/`)) {
        // There may be very many; they are skipped without a look.
        yield* this.objects.list({ prefix, after: BEHIND_PROMOTED });
        return;
      }
      yield object;
    }
  }

  private async describe({ file, checksum }: PairedFile): Promise<StagedFile> {
    const { path, size, modifiedAt } = file;
    const waiting = { path, size, stagedAt: modifiedAt };
    const refused = (problem: string) => ({ ...waiting, state: 'refused' as const, problem });
    const incomplete = (problem: string) => ({ ...waiting, state: 'incomplete' as const, problem });

    if (file.unreadable !== undefined) return refused(file.unreadable);
    if (path.endsWith(CHECKSUM_SUFFIX)) {
      const missing = parseStagingPath(path.slice(0, -CHECKSUM_SUFFIX.length));
      if ('problem' in missing) return refused(missing.problem);
      return incomplete('the file that it is the checksum of is not there');
    }
    const place = parseStagingPath(path);
    if ('problem' in place) return refused(place.problem);
    if (size > LARGEST_STAGED_FILE) {
      return refused(`it is larger than ${LARGEST_STAGED_FILE / 1024 ** 3} GiB`);
    }

    if (!checksum) return incomplete('its .sha256 is not there yet; it is written last');
    if (checksum.unreadable !== undefined) return incomplete(`its .sha256: ${checksum.unreadable}`);
    const text = await this.readChecksum(checksum);
    if (text === undefined) return incomplete('its .sha256 has just been removed');
    const read = parseChecksumFile(text, place.name);
    if ('problem' in read) return incomplete(read.problem);
    return { ...waiting, ...place, state: 'complete', sha256: read.sha256 };
  }

  private async readChecksum({ path, size }: StoredObject): Promise<string | undefined> {
    if (size > LARGEST_CHECKSUM_FILE) return '';
    const bytes = await this.objects.read(path);
    return bytes && (await readText(bytes, LARGEST_CHECKSUM_FILE));
  }
}

interface PairedFile {
  readonly file: StoredObject;
  readonly checksum?: StoredObject;
}

/** Each file with its checksum; a checksum without a file stands for itself. In the order that they came in. */
function pairWithChecksums(objects: readonly StoredObject[]): PairedFile[] {
  const byPath = new Map(objects.map((object) => [object.path, object]));
  return objects.flatMap((file) => {
    if (!file.path.endsWith(CHECKSUM_SUFFIX)) {
      return [{ file, checksum: byPath.get(file.path + CHECKSUM_SUFFIX) }];
    }
    const ofFile = file.path.slice(0, -CHECKSUM_SUFFIX.length);
    return byPath.has(ofFile) && !ofFile.endsWith(CHECKSUM_SUFFIX) ? [] : [{ file }];
  });
}

/** Files of one destination follow each other, and are few enough to hold: a promotion takes them at once. */
async function* byFolder(objects: AsyncIterable<StoredObject>): AsyncGenerator<StoredObject[]> {
  let folder: StoredObject[] = [];
  for await (const object of objects) {
    if (folder[0] && folderOf(folder[0].path) !== folderOf(object.path)) {
      yield folder;
      folder = [];
    }
    folder.push(object);
  }
  if (folder.length > 0) yield folder;
}

/** `core/2025/rpm/el9-x86_64`, for whatever is in there or below. */
function folderOf(path: string): string {
  return path.split('/').slice(0, 4).join('/');
}

const DESTINATION_PARTS = ['component', 'series', 'format', 'target'] as const;

/** What all that is wanted begins with. */
function prefixOf(filter: Partial<Destination>): string {
  const parts = DESTINATION_PARTS.map((part) => filter[part]);
  const known = parts.indexOf(undefined);
  return parts
    .slice(0, known < 0 ? undefined : known)
    .map((part) => `${part}/`)
    .join('');
}

function isWanted(path: string, filter: Partial<Destination>): boolean {
  const segments = path.split('/');
  return DESTINATION_PARTS.every(
    (part, i) => filter[part] === undefined || filter[part] === segments[i],
  );
}
