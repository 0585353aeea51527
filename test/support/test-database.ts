import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { until } from './until.js';

/** PostgreSQL, appendix A: error codes. */
const INSUFFICIENT_PRIVILEGE = '42501';

/** An empty database of one test file's own. */
export interface TestDatabase {
  readonly url: string;
  /** @returns the rows */
  query<T = unknown>(sql: string, values?: unknown[]): Promise<T[]>;
  /** Ends the sessions that are left, and removes it. */
  drop(): Promise<void>;
}

/** Makes a fresh, uniquely named empty database on the server that global-database.ts started. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env.PACKYARD_TEST_DATABASE_URL;
  if (!server) throw new Error('this tier has no global-database.ts in jest.config.js');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await runOn(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    query: <T>(sql: string, values?: unknown[]) => runOn<T>(url.href, sql, values),
    drop: () => drop(server, name),
  };
}

/** A worker of autovacuum is a superuser's, whom we may not end: it is in the way until it is done. */
async function drop(server: string, name: string): Promise<void> {
  await until(() =>
    runOn(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`).then(
      () => true,
      (error: { code?: string }) => {
        if (error.code === INSUFFICIENT_PRIVILEGE) return false;
        throw error;
      },
    ),
  );
}

async function runOn<T>(url: string, sql: string, values?: unknown[]): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(sql, values).finally(() => client.end());
  return rows as T[];
}
