import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Author } from '../audit/audit-event.js';
import { ChangeFeed } from '../changes/change-feed.js';
import { Propagation, type PropagationOutcome } from '../changes/propagation.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { CatalogueView } from '../components/catalogue-view.js';
import { UsageStore, type UsageOfDay } from '../usage/usage.store.js';
import {
  knownMistake,
  mistakesInImport,
  type ImportedKey,
  type ImportMistake,
} from './import-keys.js';
import { stateOf, type Key, type NewKey, type Secret } from './key.js';
import {
  creationEvent,
  editOf,
  revocationOf,
  rotationOf,
  type KeyEdit,
  type Rotation,
} from './key-changes.js';
import { generateSecret, hashSecret, hintOf } from './key-format.js';
import { KeyStore, type KeyChange, type KeyFilter, type KeyPage } from './key.store.js';

export interface KeyOrder {
  readonly components: readonly string[];
  readonly label: string;
  readonly customer: string | null;
  readonly expiresAt: Date | null;
}

/** What an import did, or would do. */
export interface ImportOutcome {
  readonly created: number;
  /** Those that were here already. */
  readonly skipped: number;
  /** Of those created, how many have expired already and open nothing. */
  readonly expired: number;
}

export interface ChangedKey {
  readonly key: Key;
  readonly propagation: PropagationOutcome;
}

/** The life of a key, as an operator drives it. */
@Injectable()
export class KeysService {
  constructor(
    private readonly store: KeyStore,
    private readonly usageStore: UsageStore,
    private readonly catalogue: CatalogueView,
    private readonly feed: ChangeFeed,
    private readonly propagation: Propagation,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes a key. Its secret is in this answer and nowhere else.
   * @param idempotencyKey an order that comes twice with the same one makes one key
   * @throws DomainError UNKNOWN_COMPONENT, INVALID_REQUEST, KEY_ALREADY_CREATED
   */
  async create(
    order: KeyOrder,
    author: Author,
    idempotencyKey?: string,
  ): Promise<{ key: Key; secret: string }> {
    const now = this.clock.now();
    this.requireKnown(order.components);
    requireToCome(order.expiresAt, now);

    const text = generateSecret();
    const secret = newSecret(text, now);
    const key = newKey(order, now);
    const event = creationEvent(key, secret);
    const before = await this.store.insert({ key, secret, event }, author, idempotencyKey);
    if (before) throw alreadyCreated(before);
    await this.feed.catchUp();
    return { key: { ...key, secrets: [secret], usageCount: 0, lastUsedAt: null }, secret: text };
  }

  list(filter: KeyFilter, page: KeyPage): Promise<Key[]> {
    return this.store.list(filter, page, this.clock.now());
  }

  /** @throws DomainError KEY_NOT_FOUND */
  async get(id: string): Promise<Key> {
    const key = await this.store.findById(id);
    if (!key) throw noSuchKey(id);
    return key;
  }

  /** The key that this is, or once was, a secret of. */
  findBySecret(secret: string): Promise<Key | undefined> {
    return this.store.findBySecret(hashSecret(secret));
  }

  /**
   * Edits a key. Once this resolves it is in force in this process, and in the others as far as the
   * outcome says.
   * @throws DomainError KEY_NOT_FOUND, KEY_REVOKED, UNKNOWN_COMPONENT, INVALID_REQUEST
   */
  async update(id: string, edit: KeyEdit, author: Author): Promise<ChangedKey> {
    this.requireKnown(edit.components ?? []);
    requireToCome(edit.expiresAt ?? null, this.clock.now());
    return this.change(id, (key) => editOf(key, edit), author);
  }

  /**
   * Gives a key a new secret, which is in this answer and nowhere else.
   * @throws DomainError KEY_NOT_FOUND, KEY_REVOKED, KEY_EXPIRED, ROTATION_IN_PROGRESS, NO_ROTATION
   */
  async rotate(
    id: string,
    rotation: Rotation,
    author: Author,
  ): Promise<ChangedKey & { secret: string }> {
    const now = this.clock.now();
    const text = generateSecret();
    const secret = newSecret(text, now);
    const changed = await this.change(id, (key) => rotationOf(key, secret, rotation, now), author);
    return { ...changed, secret: text };
  }

  /**
   * Revokes a key, all its secrets with it. Once this resolves this process denies it, and so do the
   * others as far as the outcome says.
   * @throws DomainError KEY_NOT_FOUND
   */
  async revoke(id: string, author: Author): Promise<PropagationOutcome> {
    const now = this.clock.now();
    const { propagation } = await this.change(id, (key) => revocationOf(key, now), author);
    return propagation;
  }

  /**
   * Takes the keys of an earlier installation, all of them or none, so that no subscriber has to change
   * a machine. One that has expired is taken as it is.
   * @throws DomainError IMPORT_REFUSED, naming every mistake
   */
  async import(
    keys: readonly ImportedKey[],
    options: { readonly skipKnown: boolean; readonly rehearsal: boolean },
    author: Author,
  ): Promise<ImportOutcome> {
    const now = this.clock.now();
    const { catalogue } = this.catalogue;
    const mistakes = mistakesInImport(keys, (name) => catalogue.component(name) !== undefined);
    if (mistakes.length > 0) throw importRefused(mistakes);

    const added = keys.map(({ secret: text, ...order }) => {
      const key = newKey(order, now);
      const secret = newSecret(text, now);
      return { key, secret, event: creationEvent(key, secret, 'key.import') };
    });
    const known = await this.store.insertAll(added, author, options);
    if (known.length > 0 && !options.skipKnown) throw importRefused(known.map(knownMistake));
    await this.feed.catchUp();

    const isKnown = new Set(known);
    const created = added.filter((_, place) => !isKnown.has(place));
    const expired = created.filter(({ key }) => stateOf(key, now) === 'expired');
    return { created: created.length, skipped: known.length, expired: expired.length };
  }

  /**
   * How much a key was used from one day to another, both included (UTC, `YYYY-MM-DD`).
   * @throws DomainError KEY_NOT_FOUND
   */
  async usage(id: string, from: string, to: string): Promise<readonly UsageOfDay[]> {
    await this.get(id);
    return this.usageStore.daily(id, from, to);
  }

  private async change(
    id: string,
    decide: (key: Key) => KeyChange | undefined,
    author: Author,
  ): Promise<ChangedKey> {
    const key = await this.store.change(id, decide, author);
    if (!key) throw noSuchKey(id);
    return { key, propagation: await this.propagation.settle() };
  }

  private requireKnown(components: readonly string[]): void {
    const { catalogue } = this.catalogue;
    const unknown = components.filter((name) => !catalogue.component(name));
    if (unknown.length === 0) return;
    const known = catalogue.components.map(({ name }) => name);
    throw new DomainError(
      'UNKNOWN_COMPONENT',
      `There is no component ${unknown.map((name) => `"${name}"`).join(', ')}. The catalogue has: ${known.join(', ')}.`,
      { unknown, known },
    );
  }
}

function newKey(order: KeyOrder, now: Date): NewKey {
  return { ...order, id: randomUUID(), createdAt: now, revokedAt: null };
}

function newSecret(text: string, now: Date): Secret {
  const hash = hashSecret(text);
  return { hash, hint: hintOf(text), createdAt: now, expiresAt: null, revokedAt: null };
}

function requireToCome(expiresAt: Date | null, now: Date): void {
  if (!expiresAt || expiresAt > now) return;
  throw new DomainError(
    'INVALID_REQUEST',
    'expires_at is in the past: give a time to come, or leave it out. A key is ended at once by revoking it.',
    { expires_at: expiresAt.toISOString() },
  );
}

function noSuchKey(id: string): DomainError {
  return new DomainError(
    'KEY_NOT_FOUND',
    `There is no key ${id}. GET /api/v1/keys lists those there are.`,
  );
}

function alreadyCreated(id: string): DomainError {
  return new DomainError(
    'KEY_ALREADY_CREATED',
    `The key ${id} was made with this Idempotency-Key before, and its secret is shown once. ` +
      `Did nobody get it? Then POST /api/v1/keys/${id}/rotate with {"overlap": "PT0S"} makes another.`,
    { id },
  );
}

function importRefused(mistakes: readonly ImportMistake[]): DomainError {
  return new DomainError(
    'IMPORT_REFUSED',
    `Nothing was imported: ${mistakes.length} mistakes are in it, and details has them (${MOST_MISTAKES} at most). ` +
      'Correct them and import again; keys that are here already are left out with "skip_existing": true.',
    { mistakes: mistakes.slice(0, MOST_MISTAKES), total: mistakes.length },
  );
}

/** More than a person reads at once. */
const MOST_MISTAKES = 1_000;
