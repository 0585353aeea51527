/** What a decision needs to know of a key, whichever of its secrets was presented. */
export interface KnownKey {
  /** Which key this is, to those `names`: enough to count by, and cheaper than an id at each request. */
  readonly index: number;
  readonly names: { idOf(index: number): string };
  readonly components: ReadonlySet<string>;
  /** When this secret stops working, in milliseconds since the epoch; Infinity for never. */
  readonly expiresAt: number;
  readonly revoked: boolean;
}

/** The read port of keys: by a well-formed secret, from memory, now. */
export abstract class KeyDirectory {
  abstract find(secret: string): KnownKey | undefined;
}
