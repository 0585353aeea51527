import { Readable } from 'node:stream';

/**
 * The same bytes, with an end to waiting: a connection that stays open and silent fails, and a failure on the way
 * is told in the words of the caller. A reader that takes its time is no silence.
 * @param silence milliseconds
 */
export function watchBytes(
  bytes: Readable,
  { silence, failure }: { silence: number; failure: (error: unknown) => Error },
): Readable {
  async function* watched(): AsyncGenerator<Buffer> {
    const iterator = (bytes as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const watch = setTimeout(
          () => bytes.destroy(new Error(`no byte came for ${silence} ms`)),
          silence,
        );
        const next = await iterator.next().finally(() => clearTimeout(watch));
        if (next.done) return;
        yield next.value;
      }
    } catch (error) {
      throw failure(error);
    } finally {
      bytes.destroy();
    }
  }
  return Readable.from(watched(), { objectMode: false });
}
