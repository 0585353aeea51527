/** What a subscriber holds: which components it opens, for whom, and until when. */
export interface Key {
  readonly id: string;
  readonly label: string;
  readonly customer: string | null;
  readonly components: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** The secrets that open it, the newest first; two while a rotation overlaps. */
  readonly secrets: readonly SecretHint[];
  /** Requests that it was let through with. */
  readonly usageCount: number;
  /** To within the interval at which usage is written. */
  readonly lastUsedAt: Date | null;
}

/** A key as it is made: without a secret yet, and never used. */
export type NewKey = Omit<Key, 'secrets' | 'usageCount' | 'lastUsedAt'>;

/** What may be shown of a secret after the answer that made it. */
export interface SecretHint {
  readonly hint: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

/** What is kept of a secret that was just made. */
export interface NewSecret extends SecretHint {
  /** SHA-256, 32 bytes. */
  readonly hash: Buffer;
}

export const KEY_STATES = ['active', 'expired', 'revoked'] as const;
export type KeyState = (typeof KEY_STATES)[number];

export function stateOf(key: Pick<Key, 'expiresAt' | 'revokedAt'>, now: Date): KeyState {
  if (key.revokedAt) return 'revoked';
  if (key.expiresAt && key.expiresAt <= now) return 'expired';
  return 'active';
}
