import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ChangeFeed } from '../changes/change-feed.js';
import { Propagation, type PropagationOutcome } from '../changes/propagation.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { CatalogueView } from '../components/catalogue-view.js';
import type { Key } from './key.js';
import { generateSecret, hashSecret, hintOf } from './key-format.js';
import { KeyStore, type KeyFilter, type KeyPage } from './key.store.js';

export interface KeyOrder {
  readonly components: readonly string[];
  readonly label: string;
  readonly customer: string | null;
  readonly expiresAt: Date | null;
}

/** The life of a key, as an operator drives it. */
@Injectable()
export class KeysService {
  constructor(
    private readonly store: KeyStore,
    private readonly catalogue: CatalogueView,
    private readonly feed: ChangeFeed,
    private readonly propagation: Propagation,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes a key. Its secret is in this answer and nowhere else.
   * @throws DomainError UNKNOWN_COMPONENT, INVALID_REQUEST
   */
  async create({
    components,
    label,
    customer,
    expiresAt,
  }: KeyOrder): Promise<{ key: Key; secret: string }> {
    const now = this.clock.now();
    this.requireKnown(components);
    if (expiresAt && expiresAt <= now) {
      throw new DomainError(
        'INVALID_REQUEST',
        'expires_at is in the past: give a time to come, or leave it out.',
        {
          expires_at: expiresAt.toISOString(),
        },
      );
    }

    const secret = generateSecret();
    const newSecret = {
      hash: hashSecret(secret),
      hint: hintOf(secret),
      createdAt: now,
      expiresAt: null,
    };
    const key = {
      id: randomUUID(),
      label,
      customer,
      components,
      createdAt: now,
      expiresAt,
      revokedAt: null,
    };
    await this.store.insert(key, newSecret);
    await this.feed.catchUp();
    return { key: { ...key, secrets: [newSecret], usageCount: 0, lastUsedAt: null }, secret };
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

  /**
   * Revokes a key, all its secrets with it. Once this resolves this process denies it, and so do the
   * others as far as the outcome says.
   * @throws DomainError KEY_NOT_FOUND
   */
  async revoke(id: string): Promise<PropagationOutcome> {
    const found = await this.store.revoke(id, this.clock.now());
    if (!found) throw noSuchKey(id);
    return this.propagation.settle();
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

function noSuchKey(id: string): DomainError {
  return new DomainError(
    'KEY_NOT_FOUND',
    `There is no key ${id}. GET /api/v1/keys lists those there are.`,
  );
}
