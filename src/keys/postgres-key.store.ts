import type { DataSource } from 'typeorm';
import { Brackets, In } from 'typeorm';
import type { ChangeStore } from '../changes/change.store.js';
import type { Key, KeyState, NewKey, NewSecret } from './key.js';
import { KeyEntity } from './key.entity.js';
import { KeySecretEntity } from './key-secret.entity.js';
import { KeyStore, type KeyFilter, type KeyPage } from './key.store.js';

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

  async insert(key: NewKey, secret: NewSecret): Promise<void> {
    await this.changes.commit(async (manager) => {
      await manager.insert(KeyEntity, { ...key, components: [...key.components] });
      await manager.insert(KeySecretEntity, { ...secret, keyId: key.id });
      return { keyIds: [key.id], catalogue: false, result: undefined };
    });
  }

  async findById(id: string): Promise<Key | undefined> {
    const keys = await this.dataSource.getRepository(KeyEntity).findBy({ id });
    const [found] = await this.withDetails(keys);
    return found;
  }

  async list(filter: KeyFilter, { limit, after }: KeyPage, now: Date): Promise<Key[]> {
    const query = this.dataSource
      .getRepository(KeyEntity)
      .createQueryBuilder('key')
      .orderBy('key.createdAt', 'DESC')
      .addOrderBy('key.id', 'DESC')
      .limit(limit);
    const { component, customer, label, state, expiresBefore } = filter;
    if (component) query.andWhere(':component = ANY(key.components)', { component });
    if (customer) query.andWhere('key.customer = :customer', { customer });
    if (label) query.andWhere(`strpos(lower(key.label), lower(:label)) > 0`, { label });
    if (state) query.andWhere(STATE_CONDITIONS[state], { now });
    if (expiresBefore) query.andWhere('key.expiresAt < :expiresBefore', { expiresBefore });
    if (after) query.andWhere(isBehind(after.createdAt, after.id));
    return this.withDetails(await query.getMany());
  }

  async revoke(id: string, at: Date): Promise<boolean> {
    return this.changes.commit(async (manager) => {
      const { affected } = await manager
        .createQueryBuilder()
        .update(KeyEntity)
        .set({ revokedAt: () => 'coalesce(revoked_at, :at)' })
        .where('id = :id', { id })
        .setParameters({ at })
        .execute();
      const found = affected === 1;
      return { keyIds: found ? [id] : [], catalogue: false, result: found };
    });
  }

  /**
   * With their secrets, the newest first, and how much they were used. Not by a join: a limit would then
   * count secrets and not keys.
   */
  private async withDetails(keys: readonly KeyEntity[]): Promise<Key[]> {
    const ids = keys.map(({ id }) => id);
    const [secrets, usages] = await Promise.all([
      this.dataSource
        .getRepository(KeySecretEntity)
        .find({ where: { keyId: In(ids) }, order: { createdAt: 'DESC' } }),
      this.dataSource.query<UsageRow[]>(
        `SELECT key_id, sum(requests)::float8 AS requests, max(last_used_at) AS last_used_at
           FROM key_usage WHERE key_id = ANY($1) GROUP BY key_id`,
        [ids],
      ),
    ]);
    const usageOf = new Map(usages.map((row) => [row.key_id, row]));
    return keys.map((key) => ({
      ...key,
      secrets: secrets.filter(({ keyId }) => keyId === key.id),
      usageCount: usageOf.get(key.id)?.requests ?? 0,
      lastUsedAt: usageOf.get(key.id)?.last_used_at ?? null,
    }));
  }
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
