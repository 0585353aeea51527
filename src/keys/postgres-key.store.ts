import type { DataSource } from 'typeorm';
import { Brackets, type EntityManager, In } from 'typeorm';
import type { Author } from '../audit/audit-event.js';
import type { ChangeStore } from '../changes/change.store.js';
import type { Key, KeyState } from './key.js';
import { KeyEntity } from './key.entity.js';
import { KeySecretEntity } from './key-secret.entity.js';
import {
  KeyStore,
  type KeyChange,
  type KeyFilter,
  type KeyPage,
  type KeyWithSecret,
} from './key.store.js';

interface UsageRow {
  key_id: string;
  requests: number;
  last_used_at: Date;
}

export class PostgresKeyStore extends KeyStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeStore,
  ) {
    super();
  }

  async insert(
    { key, secret, event }: KeyWithSecret,
    author: Author,
    idempotencyKey?: string,
  ): Promise<string | undefined> {
    return this.changes.commit<string | undefined>(author, async (manager) => {
      // Changes are made one after another, so nobody can add one with it meanwhile.
      const before = idempotencyKey && (await manager.findOneBy(KeyEntity, { idempotencyKey }));
      if (before) return { keyIds: [], catalogue: false, events: [], result: before.id };

      await manager.insert(KeyEntity, {
        ...key,
        components: [...key.components],
        idempotencyKey: idempotencyKey ?? null,
      });
      await manager.insert(KeySecretEntity, { ...secret, keyId: key.id });
      return { keyIds: [key.id], catalogue: false, events: [event], result: undefined };
    });
  }

  async insertAll(
    added: readonly KeyWithSecret[],
    author: Author,
    { skipKnown, rehearsal }: { skipKnown: boolean; rehearsal: boolean },
  ): Promise<readonly number[]> {
    return this.changes.commit<readonly number[]>(author, async (manager) => {
      const known = await placesOfKnownSecrets(manager, added);
      if (rehearsal || (known.length > 0 && !skipKnown)) {
        return { keyIds: [], catalogue: false, events: [], result: known };
      }

      const isKnown = new Set(known);
      const fresh = added.filter((_, place) => !isKnown.has(place));
      await insertRows(manager, fresh);
      return {
        keyIds: fresh.map(({ key }) => key.id),
        catalogue: false,
        events: fresh.map(({ event }) => event),
        result: known,
      };
    });
  }

  async findById(id: string): Promise<Key | undefined> {
    return findKey(this.dataSource.manager, id);
  }

  async findBySecret(hash: Buffer): Promise<Key | undefined> {
    const secret = await this.dataSource.getRepository(KeySecretEntity).findOneBy({ hash });
    return secret ? this.findById(secret.keyId) : undefined;
  }

  async list(filter: KeyFilter, { limit, after }: KeyPage, now: Date): Promise<Key[]> {
    const query = this.dataSource
      .getRepository(KeyEntity)
      .createQueryBuilder('key')
      .orderBy('key.createdAt', 'DESC')
      .addOrderBy('key.id', 'DESC')
      .limit(limit);
    const { component, customer, label, state, expiresBefore } = filter;
    if (component) query.andWhere('key.components @> ARRAY[:component]', { component });
    if (customer) query.andWhere('key.customer = :customer', { customer });
    if (label) query.andWhere(`strpos(lower(key.label), lower(:label)) > 0`, { label });
    if (state) query.andWhere(STATE_CONDITIONS[state], { now });
    if (expiresBefore) query.andWhere('key.expiresAt < :expiresBefore', { expiresBefore });
    if (after) query.andWhere(isBehind(after.createdAt, after.id));
    return withDetails(this.dataSource.manager, await query.getMany());
  }

  async change(
    id: string,
    decide: (key: Key) => KeyChange | undefined,
    author: Author,
  ): Promise<Key | undefined> {
    return this.changes.commit<Key | undefined>(author, async (manager) => {
      const key = await findKey(manager, id);
      const change = key && decide(key);
      if (!change) return { keyIds: [], catalogue: false, events: [], result: key };

      await apply(manager, id, change);
      const result = await findKey(manager, id);
      const unconditional = change.revokedAt !== undefined;
      return { keyIds: [id], catalogue: false, events: [change.event], unconditional, result };
    });
  }
}

async function apply(
  manager: EntityManager,
  id: string,
  { event: _, newSecret, endedSecrets = [], components, ...columns }: KeyChange,
): Promise<void> {
  const changed = { ...columns, ...(components && { components: [...components] }) };
  if (Object.values(changed).some((value) => value !== undefined)) {
    await manager.update(KeyEntity, { id }, changed);
  }
  for (const { hash, ...end } of endedSecrets) {
    await manager.update(KeySecretEntity, { hash, keyId: id }, end);
  }
  if (newSecret) await manager.insert(KeySecretEntity, { ...newSecret, keyId: id });
}

/** All rows in two statements: an import of thousands takes a second, not a minute. */
async function insertRows(manager: EntityManager, added: readonly KeyWithSecret[]): Promise<void> {
  const keys = added.map(({ key }) => ({
    id: key.id,
    label: key.label,
    customer: key.customer,
    components: key.components,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    created_at: key.createdAt,
  }));
  await manager.query(
    `INSERT INTO key (id, label, customer, components, expires_at, revoked_at, created_at)
     SELECT * FROM jsonb_to_recordset($1) AS key (id uuid, label text, customer text, components text[],
       expires_at timestamptz, revoked_at timestamptz, created_at timestamptz)`,
    [JSON.stringify(keys)],
  );
  const secrets = added.map(({ key, secret }) => ({
    hash: secret.hash.toString('hex'),
    key_id: key.id,
    hint: secret.hint,
    expires_at: secret.expiresAt,
    revoked_at: secret.revokedAt,
    created_at: secret.createdAt,
  }));
  await manager.query(
    `INSERT INTO key_secret (hash, key_id, hint, expires_at, revoked_at, created_at)
     SELECT decode(hash, 'hex'), key_id, hint, expires_at, revoked_at, created_at
       FROM jsonb_to_recordset($1) AS secret (hash text, key_id uuid, hint text, expires_at timestamptz,
         revoked_at timestamptz, created_at timestamptz)`,
    [JSON.stringify(secrets)],
  );
}

async function placesOfKnownSecrets(
  manager: EntityManager,
  added: readonly KeyWithSecret[],
): Promise<number[]> {
  const rows = await manager.query<{ place: number }[]>(
    `SELECT given.place::int - 1 AS place FROM unnest($1::bytea[]) WITH ORDINALITY AS given (hash, place)
       JOIN key_secret USING (hash) ORDER BY given.place`,
    [added.map(({ secret }) => secret.hash)],
  );
  return rows.map(({ place }) => place);
}

async function findKey(manager: EntityManager, id: string): Promise<Key | undefined> {
  const [found] = await withDetails(manager, await manager.findBy(KeyEntity, { id }));
  return found;
}

/**
 * With their secrets, the newest first, and how much they were used. Not by a join: a limit would then
 * count secrets and not keys.
 */
async function withDetails(manager: EntityManager, keys: readonly KeyEntity[]): Promise<Key[]> {
  const ids = keys.map(({ id }) => id);
  const secrets = await manager.find(KeySecretEntity, {
    where: { keyId: In(ids) },
    order: { createdAt: 'DESC' },
  });
  const usages = await manager.query<UsageRow[]>(
    `SELECT key_id, sum(requests)::float8 AS requests, max(last_used_at) AS last_used_at
       FROM key_usage WHERE key_id = ANY($1) GROUP BY key_id`,
    [ids],
  );
  const usageOf = new Map(usages.map((row) => [row.key_id, row]));
  return keys.map((key) => ({
    ...key,
    secrets: secrets.filter(({ keyId }) => keyId === key.id),
    usageCount: usageOf.get(key.id)?.requests ?? 0,
    lastUsedAt: usageOf.get(key.id)?.last_used_at ?? null,
  }));
}

const STATE_CONDITIONS: Record<KeyState, string> = {
  active: 'key.revokedAt IS NULL AND (key.expiresAt IS NULL OR key.expiresAt > :now)',
  expired: 'key.revokedAt IS NULL AND key.expiresAt <= :now',
  revoked: 'key.revokedAt IS NOT NULL',
};

function isBehind(createdAt: Date, id: string): Brackets {
  return new Brackets((where) =>
    where
      .where('key.createdAt < :createdAt', { createdAt })
      .orWhere('key.createdAt = :createdAt AND key.id < :id', { createdAt, id }),
  );
}
