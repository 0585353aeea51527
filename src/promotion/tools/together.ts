import DataLoader from 'dataloader';

/** Milliseconds that one waits for others to come along. */
const PATIENCE = 5;

/** As many at once; the others go beside them, on another core. */
const MOST = 8;

/**
 * Does for several at once what each of them is to have done: where a tool takes many files, most of the time that it
 * takes is that of its start. Where it fails for several, each is done alone and has its own failure.
 *
 * @param placeOf what those have in common that can be done together: a folder, for one
 * @param work answers one result for each, in their order
 */
export function together<T, R>(
  placeOf: (item: T) => string,
  work: (items: readonly T[], place: string) => Promise<readonly R[]>,
): (item: T) => Promise<R> {
  const loader = new DataLoader<T, R>(
    async (items) => {
      const results = new Map<T, R | Error>();
      const places = new Set(items.map(placeOf));
      await Promise.all(
        [...places].map(async (place) => {
          const group = items.filter((item) => placeOf(item) === place);
          const done = await settled(group, (some) => work(some, place));
          for (const [i, item] of group.entries()) results.set(item, done[i] as R | Error);
        }),
      );
      return items.map((item) => results.get(item) as R | Error);
    },
    { cache: false, maxBatchSize: MOST, batchScheduleFn: (begin) => setTimeout(begin, PATIENCE) },
  );
  return (item) => loader.load(item);
}

async function settled<T, R>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<readonly R[]>,
): Promise<(R | Error)[]> {
  try {
    return [...(await work(items))];
  } catch (error) {
    if (items.length === 1) return [error as Error];
    return (await Promise.all(items.map((item) => settled([item], work)))).flat();
  }
}
