import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { ChangeStore } from '../../src/changes/change.store.js';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { PostgresKeyStore } from '../../src/keys/postgres-key.store.js';
import { UsageStore } from '../../src/usage/usage.store.js';
import { added, aKey, TESTER } from '../support/keys.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let dataSource: DataSource;
let store: UsageStore;
let keyId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = createDataSource(database.url);
  await dataSource.initialize();
  await migrate(dataSource);
  store = new UsageStore(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

beforeEach(async () => {
  keyId = randomUUID();
  await new PostgresKeyStore(dataSource, new ChangeStore(dataSource)).insert(
    added(aKey({ id: keyId })),
    TESTER,
  );
});

const EARLIER = new Date('2026-03-01T12:00:00Z');
const LATER = new Date('2026-03-01T13:00:00Z');
const usage = (requests: number, lastUsedAt = EARLIER, id = keyId) => ({
  keyId: id,
  day: '2026-03-01',
  component: 'core',
  format: 'rpm',
  requests,
  lastUsedAt,
});
const batch = (number: number, ...keys: ReturnType<typeof usage>[]) => ({
  writer: randomUUID(),
  number,
  keys,
  outcomes: [],
});
const stored = () =>
  dataSource.query(
    'SELECT day::text, component, format, requests::int, last_used_at FROM key_usage WHERE key_id = $1',
    [keyId],
  );

describe('usage in the database', () => {
  it('adds up over batches and processes, and keeps the latest use', async () => {
    await store.add(batch(1, usage(3, LATER)));
    await store.add(batch(1, usage(4, EARLIER)));
    expect(await stored()).toEqual([
      { day: '2026-03-01', component: 'core', format: 'rpm', requests: 7, last_used_at: LATER },
    ]);
  });

  it('adds a batch once, however often it is sent', async () => {
    const first = batch(1, usage(3));
    const outcomes = [
      { hour: EARLIER, status: 'allowed', reason: 'key', format: 'rpm', requests: 3 },
    ];
    for (let i = 0; i < 3; i++) await store.add({ ...first, outcomes });
    await store.add({ ...first, number: 2 });
    await store.add(first); // an old one that was on its way for long
    expect(await stored()).toMatchObject([{ requests: 6 }]);
    const [{ requests }] = await dataSource.query(
      'SELECT sum(requests)::int AS requests FROM access_outcome',
    );
    expect(requests).toBe(3);
  });

  it('leaves out a key that is not there, as after a restored dump, and takes the rest', async () => {
    await store.add(batch(1, usage(1, EARLIER, randomUUID()), usage(2)));
    expect(await stored()).toMatchObject([{ requests: 2 }]);
  });

  it('takes batches of many processes on the same rows at once', async () => {
    const before = await dataSource.query(
      'SELECT coalesce(sum(requests), 0)::int AS sum FROM access_outcome',
    );
    const reasons = ['key', 'public', 'no-key', 'unknown-key'];
    const shuffled = () =>
      [...reasons]
        .sort(() => Math.random() - 0.5)
        .map((reason) => ({ hour: EARLIER, status: 's', reason, format: 'rpm', requests: 1 }));
    await Promise.all(
      Array.from({ length: 20 }, () => store.add({ ...batch(1, usage(1)), outcomes: shuffled() })),
    );
    expect(await stored()).toMatchObject([{ requests: 20 }]);
    const after = await dataSource.query('SELECT sum(requests)::int AS sum FROM access_outcome');
    expect(after[0].sum - before[0].sum).toBe(20 * reasons.length);
  });
});
