import type { DataSource } from 'typeorm';
import { ChangeStore } from '../../src/changes/change.store.js';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { KeySecretEntity } from '../../src/keys/key-secret.entity.js';
import { FakeKeyStore } from '../../src/keys/key.store.fake.js';
import { PostgresKeyStore } from '../../src/keys/postgres-key.store.js';
import { added, aKey, aSecret, TESTER } from '../support/keys.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { keepsKeys } from './key-store.contract.js';

describe('the fake store of keys', () => {
  keepsKeys(() => Promise.resolve(new FakeKeyStore()));
});

describe('the PostgreSQL store of keys', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await createDataSource(database.url).initialize();
    await migrate(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  async function freshStore(): Promise<PostgresKeyStore> {
    await dataSource.query('TRUNCATE key CASCADE');
    return new PostgresKeyStore(dataSource, new ChangeStore(dataSource));
  }

  keepsKeys(freshStore);

  describe('of keys with two secrets, as a rotation leaves them', () => {
    it('fills its pages with keys and not with secrets, each with the newest secret first', async () => {
      const store = await freshStore();
      const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 12, minute));
      const ids: string[] = [];
      for (let minute = 0; minute < 5; minute++) {
        const key = aKey({ createdAt: at(minute) });
        ids.unshift(key.id);
        await store.insert(added(key, aSecret({ hint: 'old', createdAt: at(minute) })), TESTER);
        await dataSource.getRepository(KeySecretEntity).insert({
          ...aSecret({ hint: 'new', createdAt: at(minute + 10) }),
          keyId: key.id,
        });
      }

      const page = await store.list({}, { limit: 3 }, at(0));
      const rest = await store.list({}, { limit: 3, after: page.at(-1) }, at(0));

      expect(page.map(({ id }) => id)).toEqual(ids.slice(0, 3));
      expect(rest.map(({ id }) => id)).toEqual(ids.slice(3));
      for (const { secrets } of [...page, ...rest]) {
        expect(secrets.map(({ hint }) => hint)).toEqual(['new', 'old']);
      }
      expect((await store.findById(ids[0]!))?.secrets.map(({ hint }) => hint)).toEqual([
        'new',
        'old',
      ]);
    });
  });
});
