import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** An empty database of one test file's own. */
export interface TestDatabase {
  readonly url: string;
  query(sql: string, values?: unknown[]): Promise<void>;
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
    query: (sql, values) => runOn(url.href, sql, values),
    drop: () => runOn(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function runOn(url: string, sql: string, values?: unknown[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql, values).finally(() => client.end());
}
