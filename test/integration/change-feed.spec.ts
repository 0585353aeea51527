import { Client } from 'pg';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { ChangeFeed } from '../../src/changes/change-feed.js';
import { ChangeStore } from '../../src/changes/change.store.js';
import type { FollowedView } from '../../src/changes/followed-view.js';
import type { CatalogueDocument } from '../../src/components/catalogue.js';
import type { ProcessRegistration } from '../../src/changes/process-registration.js';
import { CatalogueStore } from '../../src/components/catalogue.store.js';
import { CatalogueView } from '../../src/components/catalogue-view.js';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { generateSecret, hashSecret, hintOf } from '../../src/keys/key-format.js';
import { KeyView } from '../../src/keys/key-view.js';
import { PostgresKeyStore } from '../../src/keys/postgres-key.store.js';
import { proxyTo, type DatabaseProxy } from '../support/database-proxy.js';
import { added, aKey, aSecret, revokeKey, TESTER } from '../support/keys.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const FEED = `application_name = 'packyard-changes' AND datname = current_database()`;

const CATALOGUE: CatalogueDocument = {
  components: [{ name: 'core', description: '', visibility: 'private', series: ['2025'] }],
};

let database: TestDatabase;
let proxy: DatabaseProxy;
let dataSource: DataSource;
let changes: ChangeStore;
let store: PostgresKeyStore;
const undo: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  undo.push(() => database.drop());
  proxy = await proxyTo(database.url);
  undo.push(() => proxy.close());
  await connectWriter();
  await migrate(dataSource);
});
afterEach(async () => {
  jest.useRealTimers();
  proxy.restore();
  for (const step of undo.splice(0).reverse()) await step();
});

/** The writing side goes straight to the database, whatever becomes of the feed's way there. */
async function connectWriter(): Promise<void> {
  const mine = await createDataSource(database.url).initialize();
  dataSource = mine;
  changes = new ChangeStore(mine);
  store = new PostgresKeyStore(mine, changes);
  undo.push(async () => mine.isInitialized && (await mine.destroy()));
}

/** What one process follows, by way of the proxy. */
function follow({
  maxStaleness = 60,
  besides = [],
  registration,
}: {
  maxStaleness?: number;
  besides?: FollowedView[];
  registration?: Pick<ProcessRegistration, 'isDue' | 'announce' | 'withdraw'>;
} = {}) {
  const feed = new ChangeFeed(
    proxy.url,
    maxStaleness,
    pino({ level: 'silent' }),
    registration as ProcessRegistration,
  );
  const keys = new KeyView();
  const catalogue = new CatalogueView();
  for (const view of [keys, catalogue, ...besides]) feed.add(view);
  feed.start();
  undo.push(() => feed.stop());
  const known = (secret: string) => {
    const key = keys.find(secret);
    if (!key) return 'unknown';
    return key.revoked ? 'revoked' : 'live';
  };
  return {
    feed,
    keys,
    catalogue,
    known,
    loaded: () => until(() => feed.freshness() === 'current'),
  };
}

async function makeKey(): Promise<{ id: string; secret: string }> {
  const secret = generateSecret();
  const key = aKey();
  await store.insert(
    added(key, aSecret({ hash: hashSecret(secret), hint: hintOf(secret) })),
    TESTER,
  );
  return { id: key.id, secret };
}

/** What no process is told of: neither by a notice nor by a row in `change`. */
const revokeUnseen = (id: string) =>
  dataSource.query('UPDATE key SET revoked_at = now() WHERE id = $1', [id]);

async function feedSessions(): Promise<number[]> {
  const rows = await dataSource.query<{ pid: number }[]>(
    `SELECT pid FROM pg_stat_activity WHERE ${FEED}`,
  );
  return rows.map(({ pid }) => pid);
}

/** A view that holds the feed up, between its question and what it makes of the answer. */
class SlowView implements FollowedView {
  readonly reached: Promise<void>;
  release!: () => void;
  private reach!: () => void;
  private readonly released: Promise<void>;

  constructor() {
    this.reached = new Promise((resolve) => (this.reach = resolve));
    this.released = new Promise((resolve) => (this.release = resolve));
  }

  load(): Promise<() => void> {
    return Promise.resolve(() => undefined);
  }

  async follow(): Promise<void> {
    this.reach();
    await this.released;
  }
}

/** No pause ends by itself from here on. @returns what waits for something that needs none */
function stopTheClock(): (holds: () => boolean) => Promise<void> {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  return async (holds) => {
    const deadline = performance.now() + 10_000;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error('it did not happen without a pause');
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
}

/** What a process follows whose feed a view holds up. */
function followSlowly(maxStaleness?: number) {
  const slow = new SlowView();
  const process = follow({ maxStaleness, besides: [slow] });
  undo.push(() => Promise.resolve(slow.release()));
  return { slow, ...process };
}

describe('at its start', () => {
  it('knows nothing, and then all that there is', async () => {
    const live = await makeKey();
    const revoked = await makeKey();
    await revokeKey(store, revoked.id, new Date());
    await new CatalogueStore(dataSource, changes).store(CATALOGUE, {
      now: new Date(),
      force: false,
      author: TESTER,
    });

    const { feed, known, catalogue, loaded } = follow();
    expect(feed.freshness()).toBe('unloaded');
    expect(feed.staleness()).toBe(Infinity);
    await loaded();

    expect(known(live.secret)).toBe('live');
    expect(known(revoked.secret)).toBe('revoked');
    expect(known(generateSecret())).toBe('unknown');
    expect(catalogue.catalogue.component('core')).toMatchObject({ name: 'core' });
  });

  it('decides nothing until it has reached the database for the first time', async () => {
    proxy.cut();
    const { feed, loaded } = follow();
    await feed.catchUp();
    expect(feed.freshness()).toBe('unloaded');

    proxy.restore();
    await loaded();
  });

  it('loads more than one batch of keys, each with its own end', async () => {
    await dataSource.query(
      `INSERT INTO key (id, label, components, expires_at, created_at)
       SELECT gen_random_uuid(), n, ARRAY['c' || n % 7], CASE WHEN n % 2 = 0 THEN to_timestamp(n) END, now()
         FROM generate_series(1, 20500) n`,
    );
    await dataSource.query(
      `INSERT INTO key_secret (hash, key_id, hint, created_at)
       SELECT sha256(id::text::bytea), id, 'x', now() FROM key`,
    );
    const { keys, loaded } = follow();
    await loaded();

    const made = await dataSource.query<{ id: string; n: number }[]>(
      'SELECT id, label::int AS n FROM key',
    );
    const wrong = made.filter(({ id, n }) => {
      const found = keys.find(id);
      const end = n % 2 === 0 ? n * 1_000 : Infinity;
      return found?.expiresAt !== end || !found.components.has(`c${n % 7}`);
    });
    expect(made).toHaveLength(20_500);
    expect(wrong).toEqual([]);
  });
});

describe('a change', () => {
  it('is followed by its notice, without waiting for the next question', async () => {
    const { known, loaded } = follow();
    await loaded();
    // No time passes: only a notice can make the feed ask.
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'],
    });
    const deadline = performance.now() + 10_000;
    const eventually = async (state: string) => {
      while (known(secret) !== state) {
        if (performance.now() > deadline) throw new Error(`it is not ${state}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };

    const { id, secret } = await makeKey();
    await eventually('live');
    await revokeKey(store, id, new Date());
    await eventually('revoked');
  });

  it('is followed although its notice was lost', async () => {
    const { id, secret } = await makeKey();
    const { known, loaded } = follow();
    await loaded();

    await dataSource.query(
      `WITH counted AS (UPDATE change_counter SET revision = revision + 1 RETURNING revision),
            revoked AS (UPDATE key SET revoked_at = now() WHERE id = $1)
       INSERT INTO change (revision, key_ids, catalogue) SELECT revision, ARRAY[$1::uuid], false FROM counted`,
      [id],
    );

    await until(() => known(secret) === 'revoked');
  });

  it('of the catalogue is followed', async () => {
    const { catalogue, loaded } = follow();
    await loaded();
    expect(catalogue.catalogue.components).toEqual([]);

    await new CatalogueStore(dataSource, changes).store(CATALOGUE, {
      now: new Date(),
      force: false,
      author: TESTER,
    });

    await until(() => catalogue.catalogue.component('core') !== undefined);
  });

  it('that takes an old secret away ends it, and leaves the new one', async () => {
    const { id, secret } = await makeKey();
    const newer = generateSecret();
    const { keys, known, feed, loaded } = follow();
    await loaded();

    await changes.commit(TESTER, async (manager) => {
      await manager.query('DELETE FROM key_secret WHERE key_id = $1', [id]);
      await manager.query(
        `INSERT INTO key_secret (hash, key_id, hint, created_at) VALUES ($1, $2, 'x', now())`,
        [hashSecret(newer), id],
      );
      return { keyIds: [id], catalogue: false, events: [], result: undefined };
    });
    await feed.catchUp();

    expect(known(newer)).toBe('live');
    expect(keys.find(newer)?.expiresAt).toBe(Infinity);
    expect(keys.find(secret)?.expiresAt).toBe(-Infinity);
  });

  it('that was rolled back is not followed, and the next one is', async () => {
    const { id, secret } = await makeKey();
    const { feed, known, loaded } = follow();
    await loaded();

    const failing = changes.commit(TESTER, async (manager) => {
      await manager.query('UPDATE key SET revoked_at = now() WHERE id = $1', [id]);
      throw new Error('the work failed');
    });
    await expect(failing).rejects.toThrow('the work failed');
    const next = await makeKey();
    await feed.catchUp();

    expect(known(secret)).toBe('live');
    expect(known(next.secret)).toBe('live');
  });

  it('that began earlier and commits later is not overtaken out of sight', async () => {
    const [first, second] = [await makeKey(), await makeKey()];
    const { feed, known, loaded } = follow();
    await loaded();

    let goOn!: () => void;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let enter!: () => void;
    const entered = new Promise<void>((resolve) => (enter = resolve));
    const early = changes.commit(TESTER, async (manager) => {
      await manager.query('UPDATE key SET revoked_at = now() WHERE id = $1', [first.id]);
      enter();
      await held;
      return { keyIds: [first.id], catalogue: false, events: [], result: undefined };
    });
    await entered;
    let late = 'running';
    const lateOne = revokeKey(store, second.id, new Date()).then(() => (late = 'committed'));
    const isHeldUp = async () =>
      (await dataSource
        .query<object[]>(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
        .then((rows) => rows.length)) === 1;
    await until(async () => late === 'committed' || (await isHeldUp()));
    await feed.catchUp(); // whatever there is to see by now is seen
    expect(known(first.secret)).toBe('live');

    goOn();
    await Promise.all([early, lateOne]);
    await feed.catchUp();

    expect(known(first.secret)).toBe('revoked');
    expect(known(second.secret)).toBe('revoked');
  });

  it('is not lost among many at once', async () => {
    const made = await Promise.all(Array.from({ length: 40 }, makeKey));
    const { feed, known, loaded } = follow();
    await loaded();

    await Promise.all([
      ...made.map(({ id }) => revokeKey(store, id, new Date())),
      ...Array.from({ length: 40 }, async () => made.push(await makeKey())),
    ]);
    await feed.catchUp();

    const states = made.map(({ secret }) => known(secret));
    expect(states).toEqual([
      ...Array<string>(40).fill('revoked'),
      ...Array<string>(40).fill('live'),
    ]);
  });
});

describe('another history', () => {
  it.each([
    [
      'whose last change is missing',
      'DELETE FROM change WHERE revision = (SELECT max(revision) FROM change)',
    ],
    ['whose last change has another token', 'UPDATE change SET token = gen_random_uuid()'],
    [
      'that has forgotten all changes so old',
      'UPDATE change SET revision = revision + 100000; UPDATE change_counter SET revision = revision + 100000',
    ],
  ])('%s is loaded in full', async (_, makeIt) => {
    const { id, secret } = await makeKey();
    const { known, loaded } = follow();
    await loaded();
    await revokeUnseen(id);
    expect(known(secret)).toBe('live');

    await dataSource.query(makeIt);

    await until(() => known(secret) === 'revoked');
  });

  it.each([
    ['and nothing was changed since', 0],
    ['and as many changes were made since as it lacks', 2],
  ])('of a restored dump takes effect, %s', async (_, changesSince) => {
    const kept = await makeKey();
    const { known, loaded } = follow();
    await loaded();

    const dump = await takeDump();
    const lost = await makeKey();
    await revokeKey(store, kept.id, new Date());
    await until(() => known(kept.secret) === 'revoked');
    expect(known(lost.secret)).toBe('live');

    await dump.restore();
    const since = [];
    for (let i = 0; i < changesSince; i++) since.push(await makeKey());
    proxy.restore();

    await until(() => known(kept.secret) === 'live');
    expect(known(lost.secret)).toBe('unknown');
    expect(since.map(({ secret }) => known(secret))).toEqual(since.map(() => 'live'));
  });

  /** A copy of the database as it is now, and what puts it in its place; the feed is cut off meanwhile. */
  async function takeDump() {
    const name = new URL(database.url).pathname.slice(1);
    const onServer = async (sql: string) => {
      const client = new Client({ connectionString: process.env.PACKYARD_TEST_DATABASE_URL });
      await client.connect();
      await client.query(sql).finally(() => client.end());
    };
    const disconnected = async (work: () => Promise<void>) => {
      proxy.cut();
      await dataSource.destroy();
      await work();
      await connectWriter();
    };
    undo.splice(1, 0, () => onServer(`DROP DATABASE IF EXISTS ${name}_dump WITH (FORCE)`));
    await disconnected(() => onServer(`CREATE DATABASE ${name}_dump TEMPLATE ${name}`));
    proxy.restore();
    return {
      restore: () =>
        disconnected(async () => {
          await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
          await onServer(`ALTER DATABASE ${name}_dump RENAME TO ${name}`);
        }),
    };
  }
});

describe('a connection that is lost', () => {
  it('is made again, and what happened meanwhile is followed', async () => {
    const { feed, known, loaded } = follow();
    await loaded();
    const [before] = await feedSessions();

    await dataSource.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${FEED}`);
    const { secret } = await makeKey();

    await until(() => known(secret) === 'live');
    expect(feed.freshness()).toBe('current');
    const after = await feedSessions();
    expect(after).toHaveLength(1);
    expect(after).not.toContain(before);
  });

  it.each(['cut', 'hang'] as const)(
    'leaves the views current for the bound and no longer, when the way is %s',
    async (fault) => {
      const maxStaleness = 2;
      const { id, secret } = await makeKey();
      const { feed, known, loaded } = follow({ maxStaleness });
      await loaded();

      proxy[fault]();
      await revokeKey(store, id, new Date());
      await until(() => {
        const earlier = feed.staleness();
        const freshness = feed.freshness();
        if (feed.staleness() < maxStaleness) expect(freshness).toBe('current');
        if (earlier >= maxStaleness) expect(freshness).toBe('stale');
        return freshness === 'stale';
      });
      expect(known(secret)).toBe('live'); // it cannot know better

      proxy.restore();
      await until(() => feed.freshness() === 'current', 15_000);
      expect(known(secret)).toBe('revoked');
    },
  );

  it('counts the age of an answer that comes late from its question', async () => {
    const seen: string[] = [];
    const watching: FollowedView = {
      load: () => Promise.resolve(() => undefined),
      follow: () => {
        // After the feed has taken the answer, and before it can have another.
        setImmediate(() => seen.push(feed.freshness()));
        return Promise.resolve();
      },
    };
    const { feed, loaded } = follow({ maxStaleness: 1, besides: [watching] });
    await loaded();

    proxy.hang();
    await makeKey();
    await until(() => feed.staleness() > 2);
    proxy.restore();

    await until(() => feed.freshness() === 'current');
    expect(seen[0]).toBe('stale');
  });
});

describe('catching up', () => {
  it('resolves when the change is in force', async () => {
    const { feed, known, loaded } = follow();
    await loaded();
    for (let i = 0; i < 20; i++) {
      const { id, secret } = await makeKey();
      await feed.catchUp();
      expect(known(secret)).toBe('live');
      await revokeKey(store, id, new Date());
      await feed.catchUp();
      expect(known(secret)).toBe('revoked');
    }
  });

  it('is not content with the answer to a question that was asked before', async () => {
    const { slow, feed, known, loaded } = followSlowly();
    await loaded();
    await makeKey();
    await slow.reached; // an answer is being taken into use, and lacks what comes now

    const { secret } = await makeKey();
    const caughtUp = feed.catchUp();
    expect(known(secret)).toBe('unknown');
    slow.release();
    await caughtUp;

    expect(known(secret)).toBe('live');
  });

  it('is answered at once although it comes while the process announces itself', async () => {
    let reach!: () => void;
    const reached = new Promise<void>((resolve) => (reach = resolve));
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    const registration = {
      isDue: false,
      async announce() {
        if (!this.isDue) return;
        this.isDue = false;
        reach();
        await released;
      },
      withdraw: () => Promise.resolve(),
    };
    const { feed, loaded } = follow({ registration });
    await loaded();
    registration.isDue = true;
    await reached;

    const withoutAPause = stopTheClock();
    let caughtUp = false;
    void feed.catchUp().then(() => (caughtUp = true));
    release();

    await withoutAPause(() => caughtUp);
  });

  it.each(['cut', 'hang'] as const)(
    'without an answer, the way being %s, ends the trust in what is known to be outdated',
    async (fault) => {
      const { id, secret } = await makeKey();
      const { feed, known, loaded } = follow({ maxStaleness: 3_600 });
      await loaded();

      proxy[fault]();
      await revokeKey(store, id, new Date());
      expect(feed.freshness()).toBe('current'); // the bound is far away
      await feed.catchUp();
      expect(feed.freshness()).toBe('stale');
      expect(known(secret)).toBe('live');

      proxy.restore();
      await until(() => feed.freshness() === 'current', 15_000);
      expect(known(secret)).toBe('revoked');
    },
  );

  it('is not content with a question that was cut off', async () => {
    const { id, secret } = await makeKey();
    const { feed, known, loaded } = follow();
    await loaded();

    proxy.hang();
    await revokeKey(store, id, new Date());
    const caughtUp = feed.catchUp();
    await new Promise((resolve) => setTimeout(resolve, 100)); // it has been asked
    proxy.cut();
    proxy.restore();
    await caughtUp;

    expect([feed.freshness(), known(secret)]).not.toEqual(['current', 'live']);
    await until(() => known(secret) === 'revoked');
  });

  it('in vain is not mended by an older answer that comes in later', async () => {
    const { slow, feed, loaded } = followSlowly(3_600);
    await loaded();
    const older = await makeKey();
    await slow.reached;

    await revokeKey(store, older.id, new Date());
    await feed.catchUp();
    expect(feed.freshness()).toBe('stale');

    proxy.hang(); // so that no newer answer comes
    slow.release();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(feed.freshness()).toBe('stale');

    proxy.restore();
    await until(() => feed.freshness() === 'current', 15_000);
  });
});

describe('at its stop', () => {
  it('leaves no session behind', async () => {
    const { feed, loaded } = follow();
    await loaded();
    expect(await feedSessions()).toHaveLength(1);
    await feed.stop();
    await until(async () => (await feedSessions()).length === 0);
  });
});
