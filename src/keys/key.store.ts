import type { Key, KeyState, NewKey, NewSecret } from './key.js';

export interface KeyFilter {
  readonly component?: string;
  readonly customer?: string;
  /** Any part of the label, in upper or lower case. */
  readonly label?: string;
  readonly state?: KeyState;
  readonly expiresBefore?: Date;
}

/** Where a page of a list begins: behind this key, which was the last of the page before. */
export interface KeyPosition {
  readonly createdAt: Date;
  readonly id: string;
}

export interface KeyPage {
  readonly limit: number;
  readonly after?: KeyPosition;
}

/** Where keys are kept. A write is announced to every process before it returns. */
export abstract class KeyStore {
  abstract insert(key: NewKey, secret: NewSecret): Promise<void>;
  abstract findById(id: string): Promise<Key | undefined>;
  /** The newest first. @param now by which `state` is judged */
  abstract list(filter: KeyFilter, page: KeyPage, now: Date): Promise<Key[]>;
  /** Revokes a key for good; one that is revoked already keeps its time. False: no such key. */
  abstract revoke(id: string, at: Date): Promise<boolean>;
}
