import { randomUUID } from 'node:crypto';
import { KEY_STATES, type Key, type NewKey, type Secret } from '../../src/keys/key.js';
import type { KeyFilter, KeyPosition, KeyStore } from '../../src/keys/key.store.js';
import {
  added,
  aKey as someKey,
  aSecret as someSecret,
  revokeKey,
  TESTER,
} from '../support/keys.js';

const NOW = new Date('2026-11-23T12:00:00.000Z');
const EVERYTHING = { limit: 1_000 };

const anEvent = { action: 'key.update', subject: 'key:x', details: {} };

const after = (milliseconds: number) => new Date(NOW.getTime() + milliseconds);

const aKey = (given: Partial<NewKey> = {}) => someKey({ createdAt: NOW, ...given });
const aSecret = (given: Partial<Secret> = {}) => someSecret({ createdAt: NOW, ...given });

/** What every store of keys does, whatever it keeps them in. @param freshStore an empty one */
export function keepsKeys(freshStore: () => Promise<KeyStore>): void {
  let store: KeyStore;
  beforeEach(async () => {
    store = await freshStore();
  });

  async function insert(given: Partial<NewKey> = {}): Promise<string> {
    const key = aKey(given);
    await store.insert(added(key, aSecret()), TESTER);
    return key.id;
  }

  async function idsOf(filter: KeyFilter, now = NOW): Promise<string[]> {
    return (await store.list(filter, EVERYTHING, now)).map(({ id }) => id);
  }

  describe('a key that was inserted', () => {
    it('is found by its id with all that it is, and with its secret', async () => {
      const key = aKey({
        label: 'Größe & Söhne — 株式会社 🎉',
        customer: 'C-4711',
        components: ['minion', 'core'],
        createdAt: after(7),
        expiresAt: after(86_400_001),
      });
      const secret = aSecret({ createdAt: after(7), expiresAt: after(1_000) });
      await store.insert(added(key, secret), TESTER);

      const found = await store.findById(key.id);

      expect(found).toMatchObject({ ...key, secrets: [secret] });
      expect(found?.secrets).toHaveLength(1);
    });

    it('has nothing where it was given nothing', async () => {
      const id = await insert();
      expect(await store.findById(id)).toMatchObject({
        customer: null,
        expiresAt: null,
        revokedAt: null,
        secrets: [{ expiresAt: null }],
      });
    });

    it('is not found by another id', async () => {
      await insert();
      expect(await store.findById(randomUUID())).toBeUndefined();
    });

    it('is in the list as it is found by its id', async () => {
      const id = await insert({ customer: 'acme', components: ['core', 'minion'] });
      expect(await store.list({}, EVERYTHING, NOW)).toEqual([await store.findById(id)]);
    });
  });

  describe('a filter', () => {
    it('by nothing lets everything through, and of nothing there is nothing', async () => {
      expect(await idsOf({})).toEqual([]);
      const id = await insert();
      expect(await idsOf({})).toEqual([id]);
      expect(await idsOf({ component: '', customer: '', label: '' })).toEqual([id]);
    });

    it('by component finds keys that open it, among others or alone', async () => {
      const alone = await insert({ components: ['core'], createdAt: after(2) });
      const among = await insert({ components: ['minion', 'core'], createdAt: after(1) });
      await insert({ components: ['minion', 'core-extras'] });

      expect(await idsOf({ component: 'core' })).toEqual([alone, among]);
      expect(await idsOf({ component: 'cor' })).toEqual([]);
    });

    it('by customer finds exactly this one', async () => {
      const id = await insert({ customer: 'acme' });
      await insert({ customer: 'Acme' });
      await insert({ customer: 'acme corp' });
      await insert();

      expect(await idsOf({ customer: 'acme' })).toEqual([id]);
    });

    it.each([
      ['acme', ['Acme Corp', 'the ACME']],
      ['ACME C', ['Acme Corp']],
      ['größe', ['GRÖßE']],
      ['100%', ['100% sure']],
      ['%', ['100% sure']],
      ['_', ['a_b']],
      ['a_b', ['a_b']],
      ['\\', ['back\\slash']],
      ["'", ["O'Brien"]],
      ['*', []],
      ['.', []],
      ['nobody', []],
    ])('by the label "%s" finds %j, and takes every sign for itself', async (label, expected) => {
      const labels = ['Acme Corp', 'the ACME', 'GRÖßE', '100% sure', 'a_b', 'axb'];
      for (const each of [...labels, 'back\\slash', "O'Brien"]) await insert({ label: each });

      const found = await store.list({ label }, EVERYTHING, NOW);

      expect(found.map((key) => key.label).sort()).toEqual(expected);
    });

    it('by state judges each key by the time it is given', async () => {
      const endless = await insert({ createdAt: after(5) });
      const ending = await insert({ expiresAt: after(1_000), createdAt: after(4) });
      const ended = await insert({ expiresAt: after(-1_000), createdAt: after(3) });
      const revoked = await insert({ createdAt: after(2) });
      const both = await insert({ expiresAt: after(-1_000), createdAt: after(1) });
      await revokeKey(store, revoked, NOW);
      await revokeKey(store, both, NOW);

      expect(await idsOf({ state: 'active' })).toEqual([endless, ending]);
      expect(await idsOf({ state: 'expired' })).toEqual([ended]);
      expect(await idsOf({ state: 'revoked' })).toEqual([revoked, both]);
      expect(await idsOf({ state: 'active' }, after(999))).toEqual([endless, ending]);
      expect(await idsOf({ state: 'active' }, after(1_000))).toEqual([endless]);
      expect(await idsOf({ state: 'expired' }, after(1_000))).toEqual([ending, ended]);
    });

    it('by expiry finds keys that end before that time, and none that do not end', async () => {
      const sooner = await insert({ expiresAt: after(1_000), createdAt: after(1) });
      const later = await insert({ expiresAt: after(2_000) });
      await insert();

      expect(await idsOf({ expiresBefore: after(1_000) })).toEqual([]);
      expect(await idsOf({ expiresBefore: after(1_001) })).toEqual([sooner]);
      expect(await idsOf({ expiresBefore: after(9_000) })).toEqual([sooner, later]);
    });

    it('by several lets through what all of them do', async () => {
      const fitting = { label: 'Acme', customer: 'acme', expiresAt: after(1_000) };
      const id = await insert(fitting);
      await insert({ ...fitting, label: 'Other' });
      await insert({ ...fitting, customer: 'other' });
      await insert({ ...fitting, components: ['minion'] });
      await insert({ ...fitting, expiresAt: null });
      await revokeKey(store, await insert(fitting), NOW);

      const filter: KeyFilter = {
        component: 'core',
        customer: 'acme',
        label: 'acme',
        state: 'active',
        expiresBefore: after(5_000),
      };
      expect(await idsOf(filter)).toEqual([id]);
    });
  });

  describe('the list', () => {
    it('begins with the newest, and has keys of one moment in one order', async () => {
      const old = await insert({ createdAt: after(-1_000) });
      const together = [await insert(), await insert(), await insert(), await insert()];
      const young = await insert({ createdAt: after(1) });

      const order = [young, ...together.sort().reverse(), old];
      expect(await idsOf({})).toEqual(order);
    });

    it.each([1, 2, 3, 7, 100])('in pages of %d has everything exactly once', async (limit) => {
      const wanted: string[] = [];
      for (let i = 0; i < 20; i++) {
        // Four moments of five keys each, so that pages end within one.
        wanted.push(await insert({ createdAt: after(i % 4), customer: 'paged' }));
        await insert({ createdAt: after(i % 4), customer: 'other' });
      }

      const seen: Key[] = [];
      for (let position: KeyPosition | undefined; ; position = seen.at(-1)) {
        const page = { limit, after: position };
        const found = await store.list({ customer: 'paged' }, page, NOW);
        seen.push(...found);
        expect(found.length).toBeLessThanOrEqual(limit);
        if (found.length < limit) break;
      }

      expect(seen.map(({ id }) => id).sort()).toEqual(wanted.sort());
      expect(seen).toEqual(await store.list({ customer: 'paged' }, EVERYTHING, NOW));
    });

    it('goes on where it was, though keys are made meanwhile', async () => {
      const [third, second, first] = [
        await insert({ createdAt: after(1) }),
        await insert({ createdAt: after(2) }),
        await insert({ createdAt: after(3) }),
      ];
      const page = await store.list({}, { limit: 2 }, NOW);
      expect(page.map(({ id }) => id)).toEqual([first, second]);

      await insert({ createdAt: after(4) });

      const next = await store.list({}, { limit: 2, after: page.at(-1) }, NOW);
      expect(next.map(({ id }) => id)).toEqual([third]);
    });
  });

  describe('an idempotency key', () => {
    it('makes one key of an order that comes twice, and answers with its id', async () => {
      const [first, again] = [added(aKey(), aSecret()), added(aKey(), aSecret())];
      expect(await store.insert(first, TESTER, 'order-1')).toBeUndefined();
      expect(await store.insert(again, TESTER, 'order-1')).toBe(first.key.id);
      expect(await idsOf({})).toEqual([first.key.id]);
      expect(await store.findBySecret(again.secret.hash)).toBeUndefined();
    });

    it('of another order makes another, and so does none', async () => {
      await store.insert(added(aKey()), TESTER, 'order-1');
      expect(await store.insert(added(aKey()), TESTER, 'order-2')).toBeUndefined();
      expect(await store.insert(added(aKey()), TESTER)).toBeUndefined();
      expect(await store.insert(added(aKey()), TESTER)).toBeUndefined();
      expect(await idsOf({})).toHaveLength(4);
    });

    it('of orders that come at once makes one key', async () => {
      const orders = Array.from({ length: 8 }, () => added(aKey(), aSecret()));
      const answers = await Promise.all(
        orders.map((each) => store.insert(each, TESTER, 'order-1')),
      );
      const [made] = await idsOf({});
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
      expect(answers.filter((answer) => answer === made)).toHaveLength(7);
    });
  });

  describe('a list of keys', () => {
    const all = { skipKnown: false, rehearsal: false };
    const list = () => [
      added(aKey({ label: 'one', createdAt: after(3) }), aSecret()),
      added(aKey({ label: 'two', createdAt: after(2), expiresAt: after(-1) }), aSecret()),
      added(
        aKey({ label: '三 "quoted" \\', customer: 'C-1', components: ['core', 'minion'] }),
        aSecret(),
      ),
    ];

    it('is added whole, each with its secret', async () => {
      const keys = list();
      expect(await store.insertAll(keys, TESTER, all)).toEqual([]);
      for (const { key, secret } of keys) {
        expect(await store.findById(key.id)).toMatchObject({ ...key, secrets: [secret] });
      }
    });

    it('with a secret that is here already is not added at all, and the place is named', async () => {
      const [, known] = list();
      await store.insert(known!, TESTER);
      const keys = list();
      keys[1] = added(aKey(), known!.secret);

      expect(await store.insertAll(keys, TESTER, all)).toEqual([1]);
      expect(await idsOf({})).toEqual([known!.key.id]);
    });

    it('is added without those that are here already, where these may be left out', async () => {
      const [first, second, third] = list();
      await store.insert(second!, TESTER);
      const places = await store.insertAll(
        [first!, added(aKey(), second!.secret), third!],
        TESTER,
        { ...all, skipKnown: true },
      );
      expect(places).toEqual([1]);
      expect(await idsOf({})).toEqual([first!.key.id, second!.key.id, third!.key.id]);
    });

    it('is not added in a rehearsal, which says the same', async () => {
      const [first, second] = list();
      await store.insert(first!, TESTER);
      const keys = [added(aKey(), first!.secret), second!];
      for (const skipKnown of [true, false]) {
        expect(await store.insertAll(keys, TESTER, { skipKnown, rehearsal: true })).toEqual([0]);
      }
      expect(await idsOf({})).toEqual([first!.key.id]);
    });
  });

  describe('a secret', () => {
    it('leads to its key, also one that has ended', async () => {
      const [old, fresh] = [aSecret(), aSecret({ createdAt: after(1) })];
      const key = aKey();
      await store.insert(added(key, old), TESTER);
      await insert();
      const ended = { hash: old.hash, expiresAt: null, revokedAt: after(2) };
      await store.change(
        key.id,
        () => ({ newSecret: fresh, endedSecrets: [ended], event: anEvent }),
        TESTER,
      );

      expect((await store.findBySecret(old.hash))?.id).toBe(key.id);
      expect((await store.findBySecret(fresh.hash))?.id).toBe(key.id);
      expect((await store.findById(key.id))?.secrets).toMatchObject([
        fresh,
        { ...old, revokedAt: after(2) },
      ]);
    });

    it('that nobody has leads nowhere', async () => {
      await insert();
      expect(await store.findBySecret(aSecret().hash)).toBeUndefined();
    });
  });

  describe('a change', () => {
    it('changes what it names, and leaves all else and all others as they were', async () => {
      const id = await insert({ customer: 'acme', expiresAt: after(1_000) });
      const other = await store.findById(await insert());
      const before = await store.findById(id);

      const changed = await store.change(
        id,
        (key) => ({
          label: `${key.label}, edited`,
          customer: null,
          components: ['minion'],
          event: anEvent,
        }),
        TESTER,
      );

      const expected = {
        ...before,
        label: 'Acme Corp, edited',
        customer: null,
        components: ['minion'],
      };
      expect(changed).toEqual(expected);
      expect(await store.findById(id)).toEqual(expected);
      expect(await store.findById(other!.id)).toEqual(other);
    });

    it('may take an expiry away, or give one', async () => {
      const id = await insert({ expiresAt: after(1_000) });
      await store.change(id, () => ({ expiresAt: null, event: anEvent }), TESTER);
      expect(await store.findById(id)).toMatchObject({ expiresAt: null });
      await store.change(id, () => ({ expiresAt: after(9), event: anEvent }), TESTER);
      expect(await store.findById(id)).toMatchObject({ expiresAt: after(9) });
    });

    it('that is none leaves the key as it is', async () => {
      const id = await insert();
      const before = await store.findById(id);
      expect(await store.change(id, () => undefined, TESTER)).toEqual(before);
    });

    it('that is refused passes the refusal on, and leaves the key as it is', async () => {
      const id = await insert();
      const before = await store.findById(id);
      const refusing = store.change(
        id,
        () => {
          throw new Error('refused');
        },
        TESTER,
      );
      await expect(refusing).rejects.toThrow('refused');
      expect(await store.findById(id)).toEqual(before);
    });

    it('sees what the one before it made', async () => {
      const id = await insert({ label: '0' });
      const append = () =>
        store.change(id, ({ label }) => ({ label: `${label}+`, event: anEvent }), TESTER);
      await Promise.all([append(), append(), append(), append(), append()]);
      expect(await store.findById(id)).toMatchObject({ label: '0+++++' });
    });
  });

  describe('revoking', () => {
    it('says when, and leaves all else and all others as they were', async () => {
      const id = await insert({ customer: 'acme', expiresAt: after(1_000) });
      const other = await insert();
      const before = await store.findById(id);

      expect(await revokeKey(store, id, after(500))).toBe(true);

      expect(await store.findById(id)).toEqual({ ...before, revokedAt: after(500) });
      expect(await store.findById(other)).toMatchObject({ revokedAt: null });
    });

    it('again keeps the first time', async () => {
      const id = await insert();
      await revokeKey(store, id, after(500));
      expect(await revokeKey(store, id, after(900))).toBe(true);
      expect(await store.findById(id)).toMatchObject({ revokedAt: after(500) });
    });

    it('knows no key that never was', async () => {
      const id = await insert();
      expect(await revokeKey(store, randomUUID(), NOW)).toBe(false);
      expect(await store.findById(id)).toMatchObject({ revokedAt: null });
    });

    it('puts a key into one state alone', async () => {
      const id = await insert({ expiresAt: after(-1) });
      await revokeKey(store, id, NOW);
      const states = [];
      for (const state of KEY_STATES) if ((await idsOf({ state })).includes(id)) states.push(state);
      expect(states).toEqual(['revoked']);
    });
  });
}
