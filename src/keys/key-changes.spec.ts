import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import type { DomainError } from '../common/domain-error.js';
import { liveSecrets, type Key, type Secret } from './key.js';
import { editOf, revocationOf, rotationOf, type Rotation } from './key-changes.js';
import type { KeyChange } from './key.store.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const DAY = 86_400_000;
const inDays = (days: number) => new Date(NOW.getTime() + days * DAY);

let secrets = 0;
function aSecret(given: Partial<Secret> = {}): Secret {
  secrets += 1;
  const hash = Buffer.alloc(32, secrets);
  return { hash, hint: `…${secrets}`, createdAt: NOW, expiresAt: null, revokedAt: null, ...given };
}

function aKey(given: Partial<Key> = {}): Key {
  return {
    id: 'k',
    label: 'Acme',
    customer: 'C-1',
    components: ['core'],
    createdAt: inDays(-100),
    expiresAt: null,
    revokedAt: null,
    secrets: [aSecret({ createdAt: inDays(-100) })],
    usageCount: 7,
    lastUsedAt: NOW,
    ...given,
  };
}

function rotation(overlap = 'P7D', replace = false): Rotation {
  return { overlap: Temporal.Duration.from(overlap), replace };
}

/** The key as a change leaves it: what a store does. */
function after(key: Key, { newSecret, endedSecrets = [] }: KeyChange): Key {
  const kept = key.secrets.map((each) => ({
    ...each,
    ...endedSecrets.find(({ hash }) => hash.equals(each.hash)),
  }));
  return { ...key, secrets: [...(newSecret ? [newSecret] : []), ...kept] };
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as DomainError).code;
  }
  return 'none';
}

describe('a rotation', () => {
  it('lets the secret work on beside the new one until the overlap ends', () => {
    const [key, fresh] = [aKey(), aSecret()];
    const rotated = after(key, rotationOf(key, fresh, rotation(), NOW));

    expect(liveSecrets(rotated, NOW)).toHaveLength(2);
    expect(liveSecrets(rotated, new Date(inDays(7).getTime() - 1))).toHaveLength(2);
    expect(liveSecrets(rotated, inDays(7))).toEqual([fresh]);
  });

  it('of no overlap ends the secret at once and for good', () => {
    const [key, fresh] = [aKey(), aSecret()];
    const rotated = after(key, rotationOf(key, fresh, rotation('PT0S'), NOW));
    expect(liveSecrets(rotated, NOW)).toEqual([fresh]);
    expect(liveSecrets(rotated, inDays(-50))).toEqual([fresh]); // whatever a clock says
  });

  it('counts months by the calendar', () => {
    const key = aKey();
    const change = rotationOf(key, aSecret(), rotation('P1M'), new Date('2027-01-31T12:00:00Z'));
    expect(change.endedSecrets?.[0]?.expiresAt).toEqual(new Date('2027-02-28T12:00:00Z'));
  });

  it('during another one is refused, for it is not known which secret is in use', () => {
    const key = aKey();
    const rotated = after(key, rotationOf(key, aSecret(), rotation(), NOW));
    expect(codeOf(() => rotationOf(rotated, aSecret(), rotation(), inDays(6)))).toBe(
      'ROTATION_IN_PROGRESS',
    );
    expect(codeOf(() => rotationOf(rotated, aSecret(), rotation(), inDays(7)))).toBe('none');
  });

  it('during another one may end both', () => {
    const key = aKey();
    const rotated = after(key, rotationOf(key, aSecret(), rotation(), NOW));
    const fresh = aSecret();
    const again = after(rotated, rotationOf(rotated, fresh, rotation('PT0S'), inDays(1)));
    expect(liveSecrets(again, inDays(1))).toEqual([fresh]);
  });

  it('during another one may take the place of its secret, which got lost', () => {
    const key = aKey();
    const [old] = key.secrets;
    const lost = aSecret();
    const rotated = after(key, rotationOf(key, lost, rotation(), NOW));
    const fresh = aSecret();
    const again = after(rotated, rotationOf(rotated, fresh, rotation('P7D', true), inDays(1)));
    expect(liveSecrets(again, inDays(1)).map(({ hint }) => hint)).toEqual([fresh.hint, old!.hint]);
    expect(liveSecrets(again, inDays(7))).toEqual([fresh]); // the old one keeps its end
  });

  it('replaces nothing where no rotation is under way', () => {
    expect(codeOf(() => rotationOf(aKey(), aSecret(), rotation('P7D', true), NOW))).toBe(
      'NO_ROTATION',
    );
  });

  it.each([
    ['revoked', { revokedAt: inDays(-1) }, 'KEY_REVOKED'],
    ['expired', { expiresAt: NOW }, 'KEY_EXPIRED'],
    ['revoked and expired', { revokedAt: NOW, expiresAt: NOW }, 'KEY_REVOKED'],
  ])('of a %s key is refused', (_, given, code) => {
    expect(codeOf(() => rotationOf(aKey(given), aSecret(), rotation(), NOW))).toBe(code);
  });

  it('never leaves more than two secrets, nor none, whatever came before', () => {
    const step = fc.record({
      days: fc.nat(20),
      overlap: fc.constantFrom('PT0S', 'P1D', 'P7D', 'P30D'),
      replace: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let [key, day] = [aKey(), 0];
        for (const { days, overlap, replace } of steps) {
          day += days;
          const fresh = aSecret({ createdAt: inDays(day) });
          try {
            key = after(key, rotationOf(key, fresh, rotation(overlap, replace), inDays(day)));
          } catch (error) {
            expect(['ROTATION_IN_PROGRESS', 'NO_ROTATION']).toContain((error as DomainError).code);
            continue;
          }
          const live = liveSecrets(key, inDays(day));
          expect(live[0]).toEqual(fresh);
          expect(live.length).toBeLessThanOrEqual(2);
        }
        expect(liveSecrets(key, inDays(day)).length).toBeGreaterThan(0);
      }),
    );
  });

  it('is told to the audit by hints alone', () => {
    const key = aKey();
    const fresh = aSecret();
    const { event } = rotationOf(key, fresh, rotation(), NOW);
    expect(event).toEqual({
      action: 'key.rotate',
      subject: 'key:k',
      details: {
        hint: fresh.hint,
        ended: [{ hint: key.secrets[0]!.hint, at: inDays(7) }],
      },
    });
  });
});

describe('an edit', () => {
  it('changes what is named, and tells the audit what was and what is', () => {
    const change = editOf(aKey(), { label: 'Acme Inc', components: ['core'], customer: null });
    expect(change).toMatchObject({ label: 'Acme Inc', customer: null });
    expect(change?.event).toEqual({
      action: 'key.update',
      subject: 'key:k',
      details: {
        from: { label: 'Acme', customer: 'C-1' },
        to: { label: 'Acme Inc', customer: null },
      },
    });
  });

  it('that changes nothing is none', () => {
    expect(editOf(aKey(), {})).toBeUndefined();
    expect(editOf(aKey(), { label: undefined, customer: undefined })).toBeUndefined();
    const { label, customer, components, expiresAt } = aKey({ expiresAt: inDays(1) });
    const same = { label, customer, components: [...components], expiresAt };
    expect(editOf(aKey({ expiresAt: inDays(1) }), same)).toBeUndefined();
  });

  it('of a revoked key may name it anew, and bring nothing back', () => {
    const key = aKey({ revokedAt: NOW });
    expect(editOf(key, { label: 'x', customer: 'y' })).toMatchObject({ label: 'x' });
    expect(codeOf(() => editOf(key, { expiresAt: inDays(9) }))).toBe('KEY_REVOKED');
    expect(codeOf(() => editOf(key, { components: ['minion'] }))).toBe('KEY_REVOKED');
  });

  it('gives an expired key more time', () => {
    expect(editOf(aKey({ expiresAt: inDays(-1) }), { expiresAt: inDays(9) })).toMatchObject({
      expiresAt: inDays(9),
    });
  });
});

describe('a revocation', () => {
  it('is for good, and of its first time', () => {
    expect(revocationOf(aKey(), NOW)).toMatchObject({ revokedAt: NOW });
    expect(revocationOf(aKey({ revokedAt: inDays(-1) }), NOW)).toBeUndefined();
  });
});
