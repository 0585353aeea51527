import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { StatusStore } from '../../src/status/status.store.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const NOW = new Date('2026-03-01T12:34:56Z');
const MAX_SILENCE = 15;
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000);

let database: TestDatabase;
let dataSource: DataSource;
let store: StatusStore;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = createDataSource(database.url);
  await dataSource.initialize();
  await migrate(dataSource);
  store = new StatusStore(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});
afterEach(() => dataSource.query('TRUNCATE key, access_outcome, auth_process CASCADE'));

it('answers the shortest question', async () => {
  await expect(store.ping()).resolves.toBeUndefined();
});

describe('keys', () => {
  const insert = (label: string, expiresAt: Date | null = null, revokedAt: Date | null = null) =>
    dataSource.query(
      `INSERT INTO key (id, label, customer, components, expires_at, revoked_at, created_at)
       VALUES ($1, $2, 'C-1', '{core,minion}', $3, $4, $5)`,
      [randomUUID(), label, expiresAt, revokedAt, NOW],
    );

  it('are none at first', async () => {
    expect(await store.keys(NOW)).toEqual({
      active: 0,
      expired: 0,
      revoked: 0,
      expireWithin7Days: 0,
      expireWithin30Days: 0,
      expiring: [],
    });
  });

  it('are counted by state, and those that expire soon are named', async () => {
    await insert('for ever');
    await insert('in a year', inDays(365));
    await insert('in 30 days', inDays(30));
    await insert('in 7 days', inDays(7));
    await insert('in 1 day', inDays(1));
    await insert('now', NOW); // a key stops at its time, not after it
    await insert('yesterday', inDays(-1));
    await insert('revoked', null, inDays(-2));
    await insert('revoked, and expires soon', inDays(3), inDays(-2));
    await insert('revoked, and expired since', inDays(-1), inDays(-2));

    const { expiring, ...counts } = await store.keys(NOW);

    expect(counts).toEqual({
      active: 5,
      expired: 2,
      revoked: 3,
      expireWithin7Days: 2,
      expireWithin30Days: 3,
    });
    expect(expiring.map(({ label }) => label)).toEqual(['in 1 day', 'in 7 days', 'in 30 days']);
    expect(expiring[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      label: 'in 1 day',
      customer: 'C-1',
      components: ['core', 'minion'],
      expiresAt: inDays(1),
    });
  });

  it('are named up to fifty', async () => {
    for (let i = 0; i < 60; i++) await insert(`key ${i}`, inDays(1 + i / 10));
    const { expiring, expireWithin30Days } = await store.keys(NOW);
    expect(expireWithin30Days).toBe(60);
    expect(expiring).toHaveLength(50);
    expect(expiring[49]?.label).toBe('key 49');
  });
});

describe('requests', () => {
  const count = (hour: string, status: string, reason: string, format: string, requests: number) =>
    dataSource.query('INSERT INTO access_outcome VALUES ($1, $2, $3, $4, $5)', [
      `2026-${hour}:00:00Z`,
      status,
      reason,
      format,
      requests,
    ]);

  it('are counted by hour over reasons and formats, and denials of today by reason', async () => {
    await count('02-28T12', 'allowed', 'key', 'rpm', 1000); // before the 24 hours
    await count('02-28T13', 'denied', 'no-key', 'deb', 5); // within them, and yesterday
    await count('03-01T00', 'denied', 'no-key', 'deb', 2);
    await count('03-01T12', 'denied', 'unknown-key', 'rpm', 3);
    await count('03-01T12', 'denied', 'unknown-key', 'oci', 4);
    await count('03-01T12', 'denied', 'expired-key', 'oci', 2);
    await count('03-01T12', 'allowed', 'key', 'rpm', 5_000_000_000); // more than 32 bits hold
    await count('03-01T12', 'allowed_public', 'public', 'rpm', 6);
    await count('03-01T12', 'error', 'view-stale', 'rpm', 1);

    const { byHour, deniedToday } = await store.requests(NOW);

    expect(byHour).toHaveLength(24);
    expect(byHour[0]).toMatchObject({ startsAt: new Date('2026-02-28T13:00:00Z'), denied: 5 });
    expect(byHour[23]).toEqual({
      startsAt: new Date('2026-03-01T12:00:00Z'),
      allowed: 5_000_000_000,
      allowed_public: 6,
      denied: 9,
      error: 1,
    });
    expect(byHour.reduce((sum, { denied }) => sum + denied, 0)).toBe(16);
    expect(deniedToday).toEqual([
      { reason: 'unknown-key', requests: 7 },
      { reason: 'expired-key', requests: 2 },
      { reason: 'no-key', requests: 2 },
    ]);
  });
});

describe('auth processes', () => {
  const report = (revision: number, secondsAgo: number) =>
    dataSource.query(
      `INSERT INTO auth_process VALUES ($1, $2, 60, now() - make_interval(secs => $3))`,
      [randomUUID(), revision, secondsAgo],
    );
  const change = (revision: number, secondsAgo: number) =>
    dataSource.query(
      `INSERT INTO change (revision, key_ids, catalogue, changed_at)
       VALUES ($1, '{}', false, now() - make_interval(secs => $2))`,
      [revision, secondsAgo],
    );
  const states = async () => {
    const { processes } = await store.authProcesses(MAX_SILENCE);
    return processes
      .map(({ state, seenSecondsAgo }) => `${state} ${seenSecondsAgo}`)
      .sort((a, b) => a.localeCompare(b));
  };

  afterEach(async () => {
    await dataSource.query('DELETE FROM change WHERE revision > 0');
    await dataSource.query('UPDATE change_counter SET revision = 0');
  });

  it('are known by what they reported', async () => {
    await dataSource.query('UPDATE change_counter SET revision = 7');
    await report(7, 1);
    expect(await store.authProcesses(MAX_SILENCE)).toEqual({
      newestRevision: 7,
      processes: [
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          revision: 7,
          maxStaleness: 60,
          seenSecondsAgo: 1,
          state: 'current',
        },
      ],
    });
  });

  it('are behind when they lack a change that had the time to get there', async () => {
    await change(7, 10);
    await change(8, 0);
    await report(6, 1);
    await report(7, 2);
    await report(8, 3);
    expect(await states()).toEqual(['behind 1', 'current 2', 'current 3']);
  });

  it('are silent after a while, and forgotten after another', async () => {
    await report(0, 10);
    await report(0, 30);
    await report(0, 700);
    expect(await states()).toEqual(['current 10', 'silent 30']);
  });
});
