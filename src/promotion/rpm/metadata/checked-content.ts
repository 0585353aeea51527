import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MetadataProblem } from './metadata-problem.js';
import type { RepomdFile } from './repomd.js';

/** A file's content: all of it, or as it comes. */
export type Content = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Reads a file that `repomd.xml` names and hands what is in it, decompressed, to `consume`. More than the size
 * that is stated is never read nor unpacked.
 *
 * @throws MetadataProblem where it is not the file that is named
 */
export async function readChecked<T>(
  file: RepomdFile,
  content: Content,
  consume: (chunks: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const source = exactly(file, file.path, content);
  if (!file.open) return consume(source);

  const packed = Readable.from(source, { objectMode: false });
  const gunzip = createGunzip();
  packed.once('error', (error) => gunzip.destroy(error));
  packed.pipe(gunzip);
  try {
    const result = await consume(exactly(file.open, `what is packed in ${file.path}`, gunzip));
    // What gunzip leaves unread at the end, another program may read.
    if (gunzip.bytesWritten !== file.size || !packed.readableEnded) {
      throw new MetadataProblem(`${file.path} holds more than its compressed content`);
    }
    return result;
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!code.startsWith('Z_')) throw error;
    throw new MetadataProblem(`${file.path} cannot be unpacked: ${message}`);
  } finally {
    packed.destroy();
    gunzip.destroy();
  }
}

/** For `readChecked`: there is nothing to be made of the content. */
export async function discard(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _chunk of chunks);
}

async function* exactly(
  { size, sha256 }: { size: number; sha256: string },
  what: string,
  content: Content,
): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    length += chunk.length;
    if (length > size) throw new MetadataProblem(`${what} is larger than ${size} bytes`);
    hash.update(chunk);
    yield chunk;
  }
  if (length < size) {
    throw new MetadataProblem(`${what} has ${length} bytes and should have ${size}`);
  }
  if (hash.digest('hex') !== sha256) {
    throw new MetadataProblem(`${what} does not have the SHA-256 ${sha256}`);
  }
}
