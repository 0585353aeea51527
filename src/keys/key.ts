/** What a subscriber holds: which components it opens, for whom, and until when. */
export interface Key {
  readonly id: string;
  readonly label: string;
  readonly customer: string | null;
  readonly components: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** All that it ever had, the newest first. Two of them open it while a rotation overlaps. */
  readonly secrets: readonly Secret[];
  /** Requests that it was let through with. */
  readonly usageCount: number;
  /** To within the interval at which usage is written. */
  readonly lastUsedAt: Date | null;
}

/** A key as it is made: without a secret yet, and never used. */
export type NewKey = Omit<Key, 'secrets' | 'usageCount' | 'lastUsedAt'>;

/** What is kept of a secret. The secret itself is in the answer that made it, and nowhere else. */
export interface Secret {
  /** SHA-256, 32 bytes. */
  readonly hash: Buffer;
  /** Its prefix and last 4 characters. */
  readonly hint: string;
  readonly createdAt: Date;
  /** When it stops working, if that is before its key does. */
  readonly expiresAt: Date | null;
  /** When it was ended for good, apart from its key. */
  readonly revokedAt: Date | null;
}

export const KEY_STATES = ['active', 'expired', 'revoked'] as const;
export type KeyState = (typeof KEY_STATES)[number];

export function stateOf(key: Pick<Key, 'expiresAt' | 'revokedAt'>, now: Date): KeyState {
  if (key.revokedAt) return 'revoked';
  if (key.expiresAt && key.expiresAt <= now) return 'expired';
  return 'active';
}

/** The secrets that open the key now, if it is active; the newest first. */
export function liveSecrets({ secrets }: Pick<Key, 'secrets'>, now: Date): readonly Secret[] {
  return secrets.filter((secret) => stateOf(secret, now) === 'active');
}
