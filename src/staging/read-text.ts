import type { Readable } from 'node:stream';

/** A stream's text, or what comes before the limit: a file that should be small need not be. @param limit bytes */
export async function readText(bytes: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= limit) break; // which closes the stream
  }
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8');
}
