import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { generateSecret, hashSecret } from './key-format.js';
import { KeyTable } from './key-table.js';

const ID = '0190f5a2-7c1e-7d33-8a4b-0123456789ab';
const NEVER = Infinity;

function tableWith(
  key: Partial<{ components: string[]; expiresAt: number; revoked: boolean }> = {},
  secretExpiresAt = NEVER,
) {
  const table = new KeyTable();
  const secret = generateSecret();
  table.putKey({ id: ID, components: ['core'], expiresAt: NEVER, revoked: false, ...key });
  table.putSecret({ hash: hashSecret(secret), keyId: ID, expiresAt: secretExpiresAt });
  return { table, secret };
}

describe('a key in the table', () => {
  it('is found by its secret, and says what it opens', () => {
    const { table, secret } = tableWith({ components: ['core', 'minion'] });

    const found = table.find(secret);
    expect(found).toMatchObject({ expiresAt: NEVER, revoked: false });
    expect(found?.components).toEqual(new Set(['core', 'minion']));
    expect(table.keyCount).toBe(1);
  });

  it('is not found by another secret', () => {
    const { table } = tableWith();
    expect(table.find(generateSecret())).toBeUndefined();
    expect(new KeyTable().find(generateSecret())).toBeUndefined();
  });

  it('says that it is revoked, and takes a change', () => {
    const { table, secret } = tableWith();

    table.putKey({ id: ID, components: ['minion'], expiresAt: 5, revoked: true });

    expect(table.find(secret)).toMatchObject({ revoked: true, expiresAt: 5 });
    expect(table.find(secret)?.components).toEqual(new Set(['minion']));
    expect(table.keyCount).toBe(1);
  });

  it.each([
    ['its own end comes first', 1_000, 2_000, 1_000],
    ['the secret’s end comes first', 2_000, 1_000, 1_000],
    ['the key alone ends', 1_000, NEVER, 1_000],
    ['the secret alone ends', NEVER, 1_000, 1_000],
    ['neither ends', NEVER, NEVER, NEVER],
  ])('expires when %s', (_, key, secretExpiresAt, expected) => {
    const { table, secret } = tableWith({ expiresAt: key }, secretExpiresAt);
    expect(table.find(secret)?.expiresAt).toBe(expected);
  });

  it('is opened by both secrets while a rotation overlaps', () => {
    const { table, secret } = tableWith({}, 1_000);
    const newer = generateSecret();
    table.putSecret({ hash: hashSecret(newer), keyId: ID, expiresAt: NEVER });

    expect(table.find(secret)?.expiresAt).toBe(1_000);
    expect(table.find(newer)?.expiresAt).toBe(NEVER);
    expect(table.find(newer)?.index).toBe(table.find(secret)?.index);
  });

  it('has its id back by its index, in the form that PostgreSQL gives', () => {
    const { table, secret } = tableWith();
    expect(table.idOf(table.find(secret)!.index)).toBe(ID);
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const one = new KeyTable();
        one.putKey({ id, components: ['core'], expiresAt: NEVER, revoked: false });
        expect(one.idOf(0)).toBe(id);
      }),
    );
  });

  it('shares its set of components with keys that have the same, in whatever order', () => {
    const { table, secret } = tableWith({ components: ['core', 'minion'] });
    const other = generateSecret();
    const id = randomUUID();
    table.putKey({ id, components: ['minion', 'core'], expiresAt: NEVER, revoked: false });
    table.putSecret({ hash: hashSecret(other), keyId: id, expiresAt: NEVER });

    expect(table.find(other)?.components).toBe(table.find(secret)?.components);
  });
});

describe('ending the secrets of a key', () => {
  it('ends those of the keys named, and no others', () => {
    const { table, secret } = tableWith();
    const older = generateSecret();
    const foreign = generateSecret();
    const otherId = randomUUID();
    table.putSecret({ hash: hashSecret(older), keyId: ID, expiresAt: NEVER });
    table.putKey({ id: otherId, components: ['core'], expiresAt: NEVER, revoked: false });
    table.putSecret({ hash: hashSecret(foreign), keyId: otherId, expiresAt: NEVER });

    table.endSecretsOf([ID, randomUUID()]);

    expect(table.find(secret)?.expiresAt).toBe(-Infinity);
    expect(table.find(older)?.expiresAt).toBe(-Infinity);
    expect(table.find(foreign)?.expiresAt).toBe(NEVER);
  });

  it('is undone by putting a secret again, as one that still exists is', () => {
    const { table, secret } = tableWith();
    table.endSecretsOf([ID]);
    table.putSecret({ hash: hashSecret(secret), keyId: ID, expiresAt: 7 });
    expect(table.find(secret)?.expiresAt).toBe(7);
  });

  it('of nobody ends none', () => {
    const { table, secret } = tableWith();
    table.endSecretsOf([]);
    table.endSecretsOf([randomUUID()]);
    expect(table.find(secret)?.expiresAt).toBe(NEVER);
  });
});

describe('a table', () => {
  it('ignores a secret whose key is not there', () => {
    const table = new KeyTable();
    const secret = generateSecret();
    table.putSecret({ hash: hashSecret(secret), keyId: ID, expiresAt: NEVER });
    expect(table.find(secret)).toBeUndefined();
  });

  it.each([0, 1, 2, 3])('takes a hash that lies %d bytes off a word’s boundary', (offset) => {
    const { table } = tableWith();
    const secret = generateSecret();
    const message = new Uint8Array(40);
    message.set(hashSecret(secret), offset);

    table.putSecret({ hash: message.subarray(offset, offset + 32), keyId: ID, expiresAt: 3 });
    message.fill(0);

    expect(table.find(secret)?.expiresAt).toBe(3);
  });

  it('does what a Map of keys and a Map of secrets would, however far it grows', () => {
    const ids: string[] = Array.from({ length: 12 }, () => randomUUID());
    // Two secrets to a key: a secret is of one key for good.
    const secrets = [...ids, ...ids].map((keyId) => ({ secret: generateSecret(), keyId }));
    const time = fc.constantFrom(0, 1, 1_000, NEVER);
    const components = fc.subarray(['core', 'minion', 'open'], { minLength: 1 });
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('key' as const),
        id: fc.constantFrom(...ids),
        components,
        expiresAt: time,
        revoked: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('secret' as const),
        of: fc.constantFrom(...secrets),
        expiresAt: time,
      }),
      fc.record({ kind: fc.constant('end' as const), ids: fc.subarray(ids, { maxLength: 3 }) }),
    );

    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const table = new KeyTable(1);
        const keys = new Map<
          string,
          { components: string[]; expiresAt: number; revoked: boolean }
        >();
        const ends = new Map<string, { keyId: string; expiresAt: number }>();
        for (const each of steps) {
          if (each.kind === 'key') {
            table.putKey(each);
            keys.set(each.id, each);
          } else if (each.kind === 'secret') {
            const { secret, keyId } = each.of;
            table.putSecret({ hash: hashSecret(secret), keyId, expiresAt: each.expiresAt });
            if (keys.has(keyId)) ends.set(secret, { keyId, expiresAt: each.expiresAt });
          } else {
            table.endSecretsOf(each.ids);
            for (const [secret, { keyId }] of ends) {
              if (each.ids.includes(keyId)) ends.set(secret, { keyId, expiresAt: -Infinity });
            }
          }
        }

        expect(table.keyCount).toBe(keys.size);
        for (const { secret } of secrets) {
          const end = ends.get(secret);
          const key = end && keys.get(end.keyId);
          const found = table.find(secret);
          const { index, names, ...rest } = found ?? {};
          expect(found && { ...rest, index: names?.idOf(index as number) }).toEqual(
            end &&
              key && {
                index: end.keyId,
                components: new Set(key.components),
                expiresAt: Math.min(key.expiresAt, end.expiresAt),
                revoked: key.revoked || end.expiresAt === -Infinity,
              },
          );
        }
      }),
    );
  });

  it('keeps thousands apart', () => {
    const table = new KeyTable(4);
    const made = Array.from({ length: 5_000 }, (_, i) => {
      const [id, secret] = [randomUUID(), generateSecret()];
      table.putKey({ id, components: [`c${i % 50}`], expiresAt: i, revoked: i % 3 === 0 });
      table.putSecret({ hash: hashSecret(secret), keyId: id, expiresAt: NEVER });
      return { id, secret };
    });
    made.forEach(({ id, secret }, i) => {
      const found = table.find(secret)!;
      expect(table.idOf(found.index)).toBe(id);
      expect(found).toMatchObject({ expiresAt: i, revoked: i % 3 === 0 });
      expect([...found.components]).toEqual([`c${i % 50}`]);
    });
  });
});
