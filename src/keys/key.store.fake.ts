import { stateOf, type Key } from './key.js';
import {
  KeyStore,
  type KeyChange,
  type KeyFilter,
  type KeyPage,
  type KeyWithSecret,
} from './key.store.js';

const NEVER_USED = { usageCount: 0, lastUsedAt: null };

/** Keys in memory, for unit tests; held to the same contract suite as the real store. */
export class FakeKeyStore extends KeyStore {
  private keys: Key[] = [];
  private readonly idempotencyKeys = new Map<string, string>();

  insert(
    added: KeyWithSecret,
    _author: unknown,
    idempotencyKey?: string,
  ): Promise<string | undefined> {
    const before = idempotencyKey && this.idempotencyKeys.get(idempotencyKey);
    if (before) return Promise.resolve(before);
    if (idempotencyKey) this.idempotencyKeys.set(idempotencyKey, added.key.id);
    this.add(added);
    return Promise.resolve(undefined);
  }

  insertAll(
    added: readonly KeyWithSecret[],
    _author: unknown,
    { skipKnown, rehearsal }: { skipKnown: boolean; rehearsal: boolean },
  ): Promise<readonly number[]> {
    const known = added.flatMap(({ secret }, place) =>
      this.withSecret(secret.hash) ? [place] : [],
    );
    if (!rehearsal && (known.length === 0 || skipKnown)) {
      added.filter((_, place) => !known.includes(place)).forEach((each) => this.add(each));
    }
    return Promise.resolve(known);
  }

  findById(id: string): Promise<Key | undefined> {
    return Promise.resolve(this.keys.find((key) => key.id === id));
  }

  findBySecret(hash: Buffer): Promise<Key | undefined> {
    return Promise.resolve(this.withSecret(hash));
  }

  list(filter: KeyFilter, { limit, after }: KeyPage, now: Date): Promise<Key[]> {
    const found = this.keys
      .filter((key) => matches(key, filter, now))
      .sort(newestFirst)
      .filter((key) => !after || newestFirst(after, key) < 0)
      .slice(0, limit);
    return Promise.resolve(found);
  }

  /** Without a pause between looking and changing: nobody else changes it meanwhile. */
  change(
    id: string,
    decide: (key: Key) => KeyChange | undefined,
    _author: unknown,
  ): Promise<Key | undefined> {
    return new Promise((resolve) => {
      const key = this.keys.find((each) => each.id === id);
      const change = key && decide(key);
      if (!change) return resolve(key);
      const changed = changedBy(key, change);
      this.keys = this.keys.map((each) => (each.id === id ? changed : each));
      resolve(changed);
    });
  }

  private add({ key, secret }: KeyWithSecret): void {
    this.keys.push({ ...key, ...NEVER_USED, secrets: [secret] });
  }

  private withSecret(hash: Buffer): Key | undefined {
    return this.keys.find(({ secrets }) => secrets.some((secret) => secret.hash.equals(hash)));
  }
}

function changedBy(key: Key, change: KeyChange): Key {
  const {
    newSecret,
    endedSecrets = [],
    label,
    customer,
    components,
    expiresAt,
    revokedAt,
  } = change;
  const secrets = key.secrets.map((secret) => ({
    ...secret,
    ...endedSecrets.find(({ hash }) => hash.equals(secret.hash)),
  }));
  return {
    ...key,
    label: label ?? key.label,
    customer: customer === undefined ? key.customer : customer,
    components: components ?? key.components,
    expiresAt: expiresAt === undefined ? key.expiresAt : expiresAt,
    revokedAt: revokedAt ?? key.revokedAt,
    secrets: [...(newSecret ? [newSecret] : []), ...secrets].sort(
      (a, b) => b.createdAt.getTime() - a.createdAt.getTime(),
    ),
  };
}

function matches(key: Key, filter: KeyFilter, now: Date): boolean {
  const { component, customer, label, state, expiresBefore } = filter;
  return (
    (!component || key.components.includes(component)) &&
    (!customer || key.customer === customer) &&
    (!label || key.label.toLowerCase().includes(label.toLowerCase())) &&
    (!state || stateOf(key, now) === state) &&
    (!expiresBefore || (key.expiresAt !== null && key.expiresAt < expiresBefore))
  );
}

function newestFirst(a: Pick<Key, 'createdAt' | 'id'>, b: Pick<Key, 'createdAt' | 'id'>): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
