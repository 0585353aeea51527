import { pino } from 'pino';
import { StagingPreparation } from './staging-preparation.js';
import type { StagingStore } from './staging-store.js';

function lines() {
  const written: { level: number; msg: string }[] = [];
  const logger = pino({}, { write: (line: string) => void written.push(JSON.parse(line)) });
  return { written, logger };
}

const down = () => Promise.reject(new Error('down'));
const storeOf = (prepare: () => Promise<void>) =>
  ({ prepare, check: () => Promise.resolve() }) as unknown as StagingStore;

it('tries until staging can be had, and says so once each', async () => {
  const answers = [down, down, () => Promise.resolve()];
  let tries = 0;
  const { written, logger } = lines();
  await new Promise<void>((resolve) => {
    const store = storeOf(() => answers[tries++]!());
    store.check = () => {
      setImmediate(resolve);
      return Promise.resolve();
    };
    new StagingPreparation(store, logger).start(1);
  });
  expect(tries).toBe(3);
  expect(written.map(({ msg }) => msg)).toEqual(['down', 'staging is ready']);
});

it('stops at once, however long it would have waited', async () => {
  const { written, logger } = lines();
  const preparation = new StagingPreparation(storeOf(down), logger);
  preparation.start(3_600_000);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await preparation.stop();
  expect(written).toHaveLength(1);
});
