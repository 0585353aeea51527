import type { Author } from '../audit/audit-event.js';
import type { ChangeFeed } from '../changes/change-feed.js';
import type { Propagation, PropagationOutcome } from '../changes/propagation.js';
import { Clock } from '../common/clock.js';
import type { CatalogueView } from '../components/catalogue-view.js';
import { Catalogue } from '../components/catalogue.js';
import type { UsageStore } from '../usage/usage.store.js';
import { hashSecret, isWellFormedSecret } from './key-format.js';
import { FakeKeyStore } from './key.store.fake.js';
import type { Key } from './key.js';
import type { KeyWithSecret } from './key.store.js';
import { KeysService, type KeyOrder } from './keys.service.js';

const NOW = new Date('2026-11-23T12:00:00Z');
const UNKNOWN_ID = '11111111-1111-4111-8111-111111111111';
const AUTHOR = { actor: 'alice' };
const ORDER: KeyOrder = {
  components: ['core'],
  label: 'Acme Corp',
  customer: 'acme',
  expiresAt: null,
};

class SetClock extends Clock {
  time = NOW;
  override now(): Date {
    return this.time;
  }
}

/** Remembers what it was given besides. */
class WatchedKeyStore extends FakeKeyStore {
  readonly inserted: KeyWithSecret[] = [];

  override async insert(
    added: KeyWithSecret,
    author: Author,
    idempotencyKey?: string,
  ): Promise<string | undefined> {
    const before = await super.insert(added, author, idempotencyKey);
    if (!before) this.inserted.push(added);
    return before;
  }
}

/** A feed that is behind until it is asked to catch up, and holds then what the store holds. */
class FakeFeed {
  seen: Key[] = [];
  constructor(private readonly store: FakeKeyStore) {}

  async catchUp(): Promise<void> {
    this.seen = await this.store.list({}, { limit: 100 }, NOW);
  }
}

/** Every other process confirms at once. */
class FakePropagation {
  constructor(private readonly feed: FakeFeed) {}

  async settle(): Promise<PropagationOutcome> {
    await this.feed.catchUp();
    return { confirmed: true };
  }
}

function service() {
  const component = { description: '', visibility: 'private', series: ['2025'] } as const;
  const catalogue = new Catalogue({
    components: [
      { ...component, name: 'core' },
      { ...component, name: 'minion' },
    ],
  });
  const store = new WatchedKeyStore();
  const feed = new FakeFeed(store);
  const clock = new SetClock();
  const keys = new KeysService(
    store,
    {} as UsageStore,
    { catalogue } as CatalogueView,
    feed as unknown as ChangeFeed,
    new FakePropagation(feed) as unknown as Propagation,
    clock,
  );
  return { keys, store, feed, clock };
}

describe('making a key', () => {
  it('answers with the key as it is kept, and with its secret', async () => {
    const { keys } = service();

    const { key, secret } = await keys.create(ORDER, AUTHOR);

    expect(isWellFormedSecret(secret)).toBe(true);
    expect(key).toMatchObject({ ...ORDER, createdAt: NOW, revokedAt: null });
    expect(key.secrets).toMatchObject([
      { hint: `pky_…${secret.slice(-4)}`, createdAt: NOW, expiresAt: null },
    ]);
    expect(await keys.get(key.id)).toMatchObject({ ...ORDER, createdAt: NOW });
  });

  it('gives the store a hash and a hint, and the secret to nobody but who asked', async () => {
    const { keys, store } = service();

    const { secret } = await keys.create(ORDER, AUTHOR);

    expect(store.inserted).toHaveLength(1);
    expect(store.inserted[0]?.secret.hash).toEqual(hashSecret(secret));
    expect(JSON.stringify(store.inserted)).not.toContain(secret);
    expect(JSON.stringify(store.inserted)).not.toContain(secret.slice(4, -4));
  });

  it('makes another id and another secret each time', async () => {
    const { keys } = service();
    const [first, second] = [await keys.create(ORDER, AUTHOR), await keys.create(ORDER, AUTHOR)];
    expect(second.secret).not.toBe(first.secret);
    expect(second.key.id).not.toBe(first.key.id);
  });

  it('resolves when this process has followed it: the subscriber may try it at once', async () => {
    const { keys, feed } = service();
    const { key } = await keys.create(ORDER, AUTHOR);
    expect(feed.seen.map(({ id }) => id)).toEqual([key.id]);
  });

  it('opens several components with one', async () => {
    const { keys } = service();
    const { key } = await keys.create({ ...ORDER, components: ['core', 'minion'] }, AUTHOR);
    expect(key.components).toEqual(['core', 'minion']);
  });

  it('names every component that the catalogue lacks, and those that it has', async () => {
    const { keys, store } = service();
    const order = { ...ORDER, components: ['cor', 'core', '__proto__'] };

    await expect(keys.create(order, AUTHOR)).rejects.toMatchObject({
      code: 'UNKNOWN_COMPONENT',
      message: 'There is no component "cor", "__proto__". The catalogue has: core, minion.',
      details: { unknown: ['cor', '__proto__'], known: ['core', 'minion'] },
    });
    expect(store.inserted).toEqual([]);
  });

  it.each([
    ['a second ago', -1_000],
    ['right now', 0],
  ])('refuses one that expired %s', async (_, offset) => {
    const { keys, store } = service();
    const expiresAt = new Date(NOW.getTime() + offset);

    await expect(keys.create({ ...ORDER, expiresAt }, AUTHOR)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('expires_at'),
    });
    expect(store.inserted).toEqual([]);
  });

  it('takes one that expires in a moment', async () => {
    const { keys } = service();
    const expiresAt = new Date(NOW.getTime() + 1);
    expect((await keys.create({ ...ORDER, expiresAt }, AUTHOR)).key.expiresAt).toEqual(expiresAt);
  });
});

describe('revoking a key', () => {
  it('resolves when this process has followed it', async () => {
    const { keys, feed, clock } = service();
    const { key } = await keys.create(ORDER, AUTHOR);

    clock.time = new Date('2026-11-24T00:00:00Z');
    await keys.revoke(key.id, AUTHOR);

    expect(feed.seen[0]).toMatchObject({ id: key.id, revokedAt: clock.time });
  });

  it('again changes nothing', async () => {
    const { keys, clock } = service();
    const { key } = await keys.create(ORDER, AUTHOR);
    await keys.revoke(key.id, AUTHOR);
    clock.time = new Date('2027-01-01T00:00:00Z');
    await keys.revoke(key.id, AUTHOR);
    expect((await keys.get(key.id)).revokedAt).toEqual(NOW);
  });

  it('says of one that never was that there is none', async () => {
    const { keys } = service();
    await expect(keys.revoke(UNKNOWN_ID, AUTHOR)).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });
});

describe('looking', () => {
  it('says of a key that never was that there is none', async () => {
    const { keys } = service();
    await expect(keys.get(UNKNOWN_ID)).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      message: expect.stringContaining(UNKNOWN_ID),
    });
  });

  it('judges the state of keys by the clock', async () => {
    const { keys, clock } = service();
    const { key } = await keys.create(
      { ...ORDER, expiresAt: new Date('2026-12-01T00:00:00Z') },
      AUTHOR,
    );
    const idsIn = async (state: 'active' | 'expired') =>
      (await keys.list({ state }, { limit: 10 })).map(({ id }) => id);

    expect(await idsIn('active')).toEqual([key.id]);
    expect(await idsIn('expired')).toEqual([]);
    clock.time = new Date('2026-12-01T00:00:00Z');
    expect(await idsIn('active')).toEqual([]);
    expect(await idsIn('expired')).toEqual([key.id]);
  });
});
