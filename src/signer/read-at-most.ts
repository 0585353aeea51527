/**
 * Reads the first bytes of what somebody else sends, and no more.
 * @returns all of it, or one byte more than the limit
 */
export async function readAtMost(
  limit: number,
  content: AsyncIterable<Uint8Array>,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit + 1);
}
