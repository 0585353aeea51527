import { DataSource } from 'typeorm';
import { StartError } from '../common/start-error.js';

/** The advisory lock under which one process alone migrates; any number that nobody else uses. */
const MIGRATION_LOCK = 7_225_927_389;

/**
 * Brings the schema up to this version, one process at a time.
 * @throws StartError when a newer Packyard has already migrated this database.
 */
export async function migrate(target: DataSource): Promise<void> {
  const dataSource = await withoutQueryTimeout(target).initialize();
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await refuseNewerSchema(dataSource);
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await lock.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await lock.release();
    await dataSource.destroy();
  }
}

/** The same database: a migration, and the wait for that of another process, take as long as they take. */
function withoutQueryTimeout({ options }: DataSource): DataSource {
  const extra = options.extra as object | undefined;
  return new DataSource({ ...options, extra: { ...extra, query_timeout: 0 } });
}

async function refuseNewerSchema(dataSource: DataSource): Promise<void> {
  const known = dataSource.migrations.map(({ name, constructor }) => name ?? constructor.name);
  const foreign = (await appliedMigrations(dataSource)).filter((name) => !known.includes(name));
  if (foreign.length === 0) return;
  throw new StartError(
    `The database was migrated by a newer Packyard (${foreign.join(', ')}). ` +
      'Run that version again, or restore a backup made before the upgrade (DATABASE_URL, PACKYARD_DATA_DIR).',
  );
}

async function appliedMigrations(dataSource: DataSource): Promise<string[]> {
  const [{ exists }] = await dataSource.query<[{ exists: boolean }]>(
    `SELECT to_regclass('migration') IS NOT NULL AS exists`,
  );
  if (!exists) return [];
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migration ORDER BY id');
  return rows.map(({ name }) => name);
}
