import type { DataSource } from 'typeorm';
import { Brackets, type SelectQueryBuilder } from 'typeorm';
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
    const found = await this.keys().where('key.id = :id', { id }).getOne();
    return found ?? undefined;
  }

  async list(filter: KeyFilter, { limit, after }: KeyPage, now: Date): Promise<Key[]> {
    const query = this.keys()
      .orderBy('key.createdAt', 'DESC')
      .addOrderBy('key.id', 'DESC')
      .take(limit);
    const { component, customer, label, state, expiresBefore } = filter;
    if (component) query.andWhere(':component = ANY(key.components)', { component });
    if (customer) query.andWhere('key.customer = :customer', { customer });
    if (label) query.andWhere(`strpos(lower(key.label), lower(:label)) > 0`, { label });
    if (state) query.andWhere(STATE_CONDITIONS[state], { now });
    if (expiresBefore) query.andWhere('key.expiresAt < :expiresBefore', { expiresBefore });
    if (after) query.andWhere(isBehind(after.createdAt, after.id));
    return query.getMany();
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

  private keys(): SelectQueryBuilder<KeyEntity> {
    return this.dataSource
      .getRepository(KeyEntity)
      .createQueryBuilder('key')
      .leftJoinAndSelect('key.secrets', 'secret')
      .addOrderBy('secret.createdAt', 'DESC');
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
