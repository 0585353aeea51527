import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Hashes of a file, which is read once for all of them: hex digits, by the algorithm. */
export async function fileHashes<A extends string>(
  path: string,
  algorithms: readonly A[],
): Promise<Record<A, string>> {
  const hashes = algorithms.map((algorithm) => createHash(algorithm));
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    for (const hash of hashes) hash.update(chunk as Buffer);
  }
  const digests = algorithms.map((algorithm, i) => [algorithm, hashes[i]!.digest('hex')]);
  return Object.fromEntries(digests) as Record<A, string>;
}
