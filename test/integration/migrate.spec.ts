import {
  DataSource,
  type DataSourceOptions,
  type MigrationInterface,
  type QueryRunner,
} from 'typeorm';
import { StartError } from '../../src/common/start-error.js';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { createTestDatabase } from '../support/test-database.js';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

type Settings = Pick<DataSourceOptions, 'migrations' | 'extra'>;

/** An empty database of the test's own: what connects one process to it. */
async function emptyDatabase(): Promise<(settings?: Settings) => Promise<DataSource>> {
  const database = await createTestDatabase();
  undo.push(() => database.drop());
  return async (settings = {}) => {
    const { options } = createDataSource(database.url);
    const dataSource = await new DataSource({ ...options, ...settings }).initialize();
    undo.push(() => dataSource.destroy());
    return dataSource;
  };
}

async function emptyDataSource(settings?: Settings): Promise<DataSource> {
  const connect = await emptyDatabase();
  return connect(settings);
}

async function tablesOf(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = 'public' AND table_name <> 'migration' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** Every column, constraint and index, as PostgreSQL words them. */
async function schemaOf(dataSource: DataSource): Promise<unknown> {
  const columns = await dataSource.query<object[]>(
    `SELECT table_name, column_name, data_type, is_nullable, column_default
       FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name <> 'migration' ORDER BY 1, 2`,
  );
  const constraints = await dataSource.query<object[]>(
    `SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace AND conrelid <> to_regclass('migration') ORDER BY 1`,
  );
  const indexes = await dataSource.query<object[]>(
    `SELECT indexdef FROM pg_indexes
      WHERE schemaname = 'public' AND tablename <> 'migration' ORDER BY 1`,
  );
  return { columns, constraints, indexes };
}

async function appliedTo(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migration ORDER BY id');
  return rows.map(({ name }) => name);
}

const knownTo = ({ migrations }: DataSource) =>
  migrations.map(({ constructor }) => constructor.name);

describe('migrating', () => {
  it('brings an empty database to every migration there is', async () => {
    const dataSource = await emptyDataSource();
    await migrate(dataSource);
    expect(await appliedTo(dataSource)).toEqual(knownTo(dataSource));
    expect(await tablesOf(dataSource)).toEqual(expect.arrayContaining(['key', 'key_secret']));
  });

  it('twice changes nothing the second time, and keeps what is there', async () => {
    const dataSource = await emptyDataSource();
    await migrate(dataSource);
    const before = await schemaOf(dataSource);
    await dataSource.query('UPDATE change_counter SET revision = 42');

    await migrate(dataSource);

    expect(await schemaOf(dataSource)).toEqual(before);
    expect(await appliedTo(dataSource)).toEqual(knownTo(dataSource));
    expect(await dataSource.query('SELECT revision::int FROM change_counter')).toEqual([
      { revision: 42 },
    ]);
  });

  it('is done by one process when several start at once', async () => {
    const connect = await emptyDatabase();
    const [first, ...others] = [await connect(), await connect(), await connect()];
    await Promise.all([first, ...others].map(migrate));
    expect(await appliedTo(first)).toEqual(knownTo(first));
  });

  it('waits for another process that takes longer than a query may', async () => {
    const connect = await emptyDatabase();
    const first = await connect();
    const second = await connect({ extra: { query_timeout: 200 } });
    const other = first.createQueryRunner();
    await other.query('SELECT pg_advisory_lock(7225927389)');

    let done = false;
    const migrating = migrate(second).then(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(done).toBe(false);
    expect(await tablesOf(first)).toEqual([]);

    await other.query('SELECT pg_advisory_unlock_all()');
    await other.release();
    await migrating;
    expect(await appliedTo(first)).toEqual(knownTo(first));
  });

  it('may itself take longer than a query may', async () => {
    class Slow1999999999999 implements MigrationInterface {
      up = async (runner: QueryRunner) => void (await runner.query('SELECT pg_sleep(0.6)'));
      down = () => Promise.resolve();
    }
    const dataSource = await emptyDataSource({
      migrations: [Slow1999999999999],
      extra: { query_timeout: 200 },
    });
    await migrate(dataSource);
    expect(await appliedTo(dataSource)).toEqual(['Slow1999999999999']);
  });

  it('leaves the lock to the next, also when it fails', async () => {
    const dataSource = await emptyDataSource();
    await migrate(dataSource);
    await dataSource.query(
      `INSERT INTO migration (timestamp, name) VALUES (1999999999999, 'Newer1')`,
    );
    await expect(migrate(dataSource)).rejects.toThrow(StartError);

    const locks = await dataSource.query<object[]>(
      `SELECT objid FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE locktype = 'advisory' AND datname = current_database()`,
    );
    expect(locks).toEqual([]);
  });
});

describe('a database that a newer version has migrated', () => {
  it('is refused by name and left as it is', async () => {
    const dataSource = await emptyDataSource();
    await migrate(dataSource);
    await dataSource.query(
      `INSERT INTO migration (timestamp, name) VALUES (1999999999999, 'FromTheFuture1999999999999')`,
    );
    const before = await schemaOf(dataSource);

    const failure: unknown = await migrate(dataSource).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(StartError);
    expect((failure as StartError).message).toMatch(
      /newer Packyard \(FromTheFuture1999999999999\).*DATABASE_URL/,
    );
    expect(await schemaOf(dataSource)).toEqual(before);
  });

  it('is refused before anything of our own is applied to it', async () => {
    const dataSource = await emptyDataSource();
    await migrate(dataSource);
    await dataSource.undoLastMigration();
    await dataSource.query(
      `INSERT INTO migration (timestamp, name) VALUES (1999999999999, 'FromTheFuture1999999999999')`,
    );
    const before = await tablesOf(dataSource);

    await expect(migrate(dataSource)).rejects.toThrow(StartError);

    expect(await tablesOf(dataSource)).toEqual(before);
  });
});

describe('the way back', () => {
  it('leaves nothing of each migration, and the way up again leads to the same schema', async () => {
    const dataSource = await emptyDataSource();
    await migrate(dataSource);
    const before = await schemaOf(dataSource);

    for (const _ of knownTo(dataSource)) await dataSource.undoLastMigration();
    expect(await tablesOf(dataSource)).toEqual([]);
    expect(await appliedTo(dataSource)).toEqual([]);

    await migrate(dataSource);
    expect(await schemaOf(dataSource)).toEqual(before);
  });
});

describe('the migrated schema', () => {
  it('is what the entities describe, but for indexes and checks, which migrations alone name', async () => {
    const dataSource = await emptyDataSource();
    await migrate(dataSource);

    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();

    const differences = upQueries
      .map(({ query }) => query)
      .filter((query) => !/^DROP INDEX /.test(query) && !/ DROP CONSTRAINT /.test(query));
    expect(differences).toEqual([]);
  });

  it('keeps out what could be no key', async () => {
    const dataSource = await emptyDataSource();
    await migrate(dataSource);
    const key = (label: string, components: string) =>
      dataSource.query(
        `INSERT INTO key (id, label, components, created_at) VALUES (gen_random_uuid(), $1, ${components}, now())`,
        [label],
      );
    const secret = (hash: string, keyId: string) =>
      dataSource.query(
        `INSERT INTO key_secret (hash, key_id, hint, created_at) VALUES (${hash}, ${keyId}, 'x', now())`,
      );

    await key('fine', `ARRAY['core']`);
    await expect(key('', `ARRAY['core']`)).rejects.toThrow('key_label_length');
    await expect(key('x'.repeat(201), `ARRAY['core']`)).rejects.toThrow('key_label_length');
    await expect(key('none', `ARRAY[]::text[]`)).rejects.toThrow('key_has_a_component');
    await expect(secret(`'short'`, '(SELECT id FROM key)')).rejects.toThrow('hash_is_sha256');
    await expect(secret(`sha256('x')`, 'gen_random_uuid()')).rejects.toThrow('key_secret_key_fk');
    await expect(
      dataSource.query('INSERT INTO change_counter (single, revision) VALUES (false, 1)'),
    ).rejects.toThrow('change_counter_has_one_row');
  });
});
