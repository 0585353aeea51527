import type { DataSource } from 'typeorm';
import { Brackets, In } from 'typeorm';
import type { ChangeStore } from '../changes/change.store.js';
import type { Key, KeyState, NewSecret } from './key.js';
import { KeyEntity } from './key.entity.js';
import { KeySecretEntity } from './key-secret.entity.js';
import { KeyStore, type KeyFilter, type KeyPage } from './key.store.js';

export class PostgresKeyStore extends KeyStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeStore,
  ) {
    super();
  }

  async insert(key: Omit<Key, 'secrets'>, secret: NewSecret): Promise<void> {
    await this.changes.commit(async (manager) => {
      await manager.insert(KeyEntity, { ...key, components: [...key.components] });
      await manager.insert(KeySecretEntity, { ...secret, keyId: key.id });
      return { keyIds: [key.id], catalogue: false, result: undefined };
    });
  }

  async findById(id: string): Promise<Key | undefined> {
    const keys = await this.dataSource.getRepository(KeyEntity).findBy({ id });
    const [found] = await this.withSecrets(keys);
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
    return this.withSecrets(await query.getMany());
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

  /** Their secrets, the newest first. Not by a join: a limit would then count secrets and not keys. */
  private async withSecrets(keys: readonly KeyEntity[]): Promise<Key[]> {
    const secrets = await this.dataSource.getRepository(KeySecretEntity).find({
      where: { keyId: In(keys.map(({ id }) => id)) },
      order: { createdAt: 'DESC' },
    });
    return keys.map((key) => ({
      ...key,
      secrets: secrets.filter(({ keyId }) => keyId === key.id),
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
