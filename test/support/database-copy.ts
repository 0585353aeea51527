import pg from 'pg';
import type { TestDatabase } from './test-database.js';

/** What a dump of a database is: all of it, as it was at one moment. */
export interface DatabaseCopy {
  /** Puts it in the place of the database. Nobody may be connected to that. */
  restore(): Promise<void>;
  drop(): Promise<void>;
}

/** Nobody may be connected to the database. */
export async function copyDatabase({ url }: Pick<TestDatabase, 'url'>): Promise<DatabaseCopy> {
  const name = new URL(url).pathname.slice(1);
  const copy = `${name}_${Math.random().toString(36).slice(2, 8)}`;
  await onServer(`CREATE DATABASE ${copy} TEMPLATE ${name}`);
  return {
    async restore() {
      await onServer(`DROP DATABASE ${name}`);
      await onServer(`CREATE DATABASE ${name} TEMPLATE ${copy}`);
    },
    drop: () => onServer(`DROP DATABASE ${copy}`),
  };
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: process.env.PACKYARD_TEST_DATABASE_URL });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
