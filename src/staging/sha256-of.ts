import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Of all the bytes of a stream, 64 lower-case hex digits. */
export async function sha256Of(bytes: Readable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(bytes, hash);
  return hash.digest('hex');
}

export function sha256OfFile(file: string): Promise<string> {
  return sha256Of(createReadStream(file));
}
