import { stateOf, type Key, type NewKey, type NewSecret } from './key.js';
import { KeyStore, type KeyFilter, type KeyPage } from './key.store.js';

const NEVER_USED = { usageCount: 0, lastUsedAt: null };

/** Keys in memory, for unit tests; held to the same contract suite as the real store. */
export class FakeKeyStore extends KeyStore {
  private keys: Key[] = [];

  insert(key: NewKey, { hint, createdAt, expiresAt }: NewSecret): Promise<void> {
    this.keys.push({ ...key, ...NEVER_USED, secrets: [{ hint, createdAt, expiresAt }] });
    return Promise.resolve();
  }

  findById(id: string): Promise<Key | undefined> {
    return Promise.resolve(this.keys.find((key) => key.id === id));
  }

  list(filter: KeyFilter, { limit, after }: KeyPage, now: Date): Promise<Key[]> {
    const found = this.keys
      .filter((key) => matches(key, filter, now))
      .sort(newestFirst)
      .filter((key) => !after || newestFirst(after, key) < 0)
      .slice(0, limit);
    return Promise.resolve(found);
  }

  revoke(id: string, at: Date): Promise<boolean> {
    const known = this.keys.some((key) => key.id === id);
    this.keys = this.keys.map((key) =>
      key.id === id ? { ...key, revokedAt: key.revokedAt ?? at } : key,
    );
    return Promise.resolve(known);
  }
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
