import type { AuditEvent, Author } from '../audit/audit-event.js';
import type { Key, KeyState, NewKey, Secret } from './key.js';

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

/** A key with its first secret. */
export interface KeyWithSecret {
  readonly key: NewKey;
  readonly secret: Secret;
  readonly event: AuditEvent;
}

/** What becomes of a key. What is left out stays as it is. */
export interface KeyChange {
  readonly label?: string;
  readonly customer?: string | null;
  readonly components?: readonly string[];
  readonly expiresAt?: Date | null;
  readonly revokedAt?: Date;
  readonly newSecret?: Secret;
  /** Secrets of the key that stop working otherwise than they would have. */
  readonly endedSecrets?: readonly Pick<Secret, 'hash' | 'expiresAt' | 'revokedAt'>[];
  readonly event: AuditEvent;
}

/**
 * Where keys are kept. A write is recorded with its author in the same transaction, and announced to
 * every process before it returns.
 */
export abstract class KeyStore {
  /**
   * Adds a key, unless one was made with this idempotency key before.
   * @returns the id of the key that was made before, or undefined where this one was added
   */
  abstract insert(
    added: KeyWithSecret,
    author: Author,
    idempotencyKey?: string,
  ): Promise<string | undefined>;
  /**
   * Adds all of these keys, or none: none where one of the secrets is here already and `skipKnown` is not
   * given, or where this is a rehearsal.
   * @returns for each whose secret is here already, its place in the list
   */
  abstract insertAll(
    added: readonly KeyWithSecret[],
    author: Author,
    options: { readonly skipKnown: boolean; readonly rehearsal: boolean },
  ): Promise<readonly number[]>;
  abstract findById(id: string): Promise<Key | undefined>;
  abstract findBySecret(hash: Buffer): Promise<Key | undefined>;
  /** The newest first. @param now by which `state` is judged */
  abstract list(filter: KeyFilter, page: KeyPage, now: Date): Promise<Key[]>;
  /**
   * Changes a key as `decide` says, which sees it as it is; nobody else changes it meanwhile. Where it
   * answers undefined nothing is changed, and what it throws is passed on.
   * @returns the key as it is now, or undefined where there is none with this id
   */
  abstract change(
    id: string,
    decide: (key: Key) => KeyChange | undefined,
    author: Author,
  ): Promise<Key | undefined>;
}
