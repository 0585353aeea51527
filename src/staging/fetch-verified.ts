import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { DomainError } from '../common/domain-error.js';
import type { Destination } from '../promotion/publication.js';
import type { StagingStore } from './staging-store.js';
import { stagingPath } from './staging-path.js';

/** What the file was when the set was frozen. */
export interface ExpectedContent {
  /** Bytes. */
  readonly size: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/** Milliseconds before the second and the third try, when the connection broke. */
const PAUSES = [500, 2_000];

/** Bytes that are left free besides: a disk filled to its end stops the database too. */
const RESERVE = 64 * 1024 * 1024;

/**
 * Fetches a staged file, hashing its bytes as they come: nobody's word is taken for them. The file is there under
 * its name, whole and synced, or not at all; what lay there before is replaced. Nothing is read past the
 * expected size.
 *
 * @param toFile absolute; its folder is there
 * @throws DomainError STAGED_FILE_CHANGED, STAGING_UNAVAILABLE, DISK_FULL; what the signal was aborted with
 */
export async function fetchVerified(
  store: StagingStore,
  destination: Destination,
  name: string,
  expected: ExpectedContent,
  toFile: string,
  { signal, pauses = PAUSES }: { signal?: AbortSignal; pauses?: readonly number[] } = {},
): Promise<void> {
  await requireSpace(dirname(toFile), expected.size);
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await fetchOnce(store, destination, name, expected, toFile, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const pause = pauses[attempt];
      if (pause === undefined || !isUnavailable(error)) throw error;
      await wait(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function fetchOnce(
  store: StagingStore,
  destination: Destination,
  name: string,
  expected: ExpectedContent,
  toFile: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const part = `${toFile}.part`;
  try {
    const file = await open(part, 'w', 0o644);
    try {
      const got = await write(await store.open(destination, name), file, expected.size, signal);
      requireExpected(stagingPath(destination, name), expected, got);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, toFile);
    await syncFolder(dirname(toFile));
  } catch (error) {
    await rm(part, { force: true });
    throw isDiskFull(error) ? diskFull(dirname(toFile), expected.size, error) : error;
  }
}

/** Stops behind the limit: it is another file, whatever else comes. Leaving the loop closes the stream. */
async function write(
  bytes: Readable,
  file: FileHandle,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<ExpectedContent> {
  const hash = createHash('sha256');
  let size = 0;
  if (signal) addAbortSignal(signal, bytes);
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) break;
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  return { size, sha256: hash.digest('hex') };
}

function requireExpected(path: string, expected: ExpectedContent, got: ExpectedContent): void {
  if (got.size === expected.size && got.sha256 === expected.sha256) return;
  const difference =
    got.size > expected.size
      ? `it is longer than ${expected.size} bytes`
      : got.size < expected.size
        ? `it has ${got.size} bytes and not ${expected.size}`
        : `its SHA-256 is ${got.sha256} and not ${expected.sha256}`;
  throw new DomainError(
    'STAGED_FILE_CHANGED',
    `${path} in staging is not what its .sha256 said when the promotion began: ${difference}. ` +
      'Stage the file again, with its checksum, and promote again.',
    { path, expected },
  );
}

async function requireSpace(folder: string, size: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < size + RESERVE) throw diskFull(folder, size);
}

function diskFull(folder: string, size: number, cause?: unknown): DomainError {
  return new DomainError(
    'DISK_FULL',
    `There is no room for ${size} bytes in ${folder}. Make room there, then promote again.`,
    { folder, size },
    { cause },
  );
}

function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function isUnavailable(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'STAGING_UNAVAILABLE';
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
