import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminApi } from './admin-api.js';

/** Every way in which a subscriber's key opens nothing of the component `core`. */
export const refusedKeys = [
  'no key',
  'a garbage key',
  'a revoked key',
  'an expired key',
  "another component's key",
] as const;

export type RefusedKey = (typeof refusedKeys)[number];

/** Makes such a key; undefined where there is none to send. */
export async function makeRefusedKey(
  kind: RefusedKey,
  admin: AdminApi,
): Promise<string | undefined> {
  switch (kind) {
    case 'no key':
      return undefined;
    case 'a garbage key':
      return 'pky_thisIsNoKeyAtAll';
    case 'a revoked key': {
      const { id, key } = await admin.createKey('core');
      await admin.revokeKey(id);
      return key;
    }
    case 'an expired key': {
      const { key } = await admin.createKey('core', new Date(Date.now() + 1_000));
      await sleep(1_500);
      return key;
    }
    case "another component's key":
      return (await admin.createKey('minion')).key;
  }
}
