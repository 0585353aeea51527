/** The statuses of several subscribers' requests, each sending one after another, until the work is done. */
export async function statusesWhile(
  work: () => Promise<unknown>,
  request: () => Promise<number>,
): Promise<number[]> {
  const statuses: number[] = [];
  let done = false;
  const subscriber = async () => {
    while (!done) statuses.push(await request());
  };
  const subscribers = [1, 2, 3, 4].map(subscriber);
  await work().finally(() => (done = true));
  await Promise.all(subscribers);
  return statuses;
}
