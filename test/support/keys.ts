import { randomBytes, randomUUID } from 'node:crypto';
import type { Author } from '../../src/audit/audit-event.js';
import type { NewKey, Secret } from '../../src/keys/key.js';
import { creationEvent, revocationOf } from '../../src/keys/key-changes.js';
import type { KeyStore } from '../../src/keys/key.store.js';

/** Whoever runs the test. */
export const TESTER: Author = { actor: 'tester', requestId: 'test-request' };

export function aKey(given: Partial<NewKey> = {}): NewKey {
  return {
    id: randomUUID(),
    label: 'Acme Corp',
    customer: null,
    components: ['core'],
    createdAt: new Date(),
    expiresAt: null,
    revokedAt: null,
    ...given,
  };
}

export function aSecret(given: Partial<Secret> = {}): Secret {
  return {
    hash: randomBytes(32),
    hint: 'pky_…q3Zk',
    createdAt: new Date(),
    expiresAt: null,
    revokedAt: null,
    ...given,
  };
}

/** A key with its secret, as a store takes it. */
export function added(key: NewKey, secret = aSecret()) {
  return { key, secret, event: creationEvent(key, secret) };
}

/** Revokes as the service does; false where there is no such key. */
export async function revokeKey(store: KeyStore, id: string, at = new Date()): Promise<boolean> {
  return (await store.change(id, (key) => revocationOf(key, at), TESTER)) !== undefined;
}
