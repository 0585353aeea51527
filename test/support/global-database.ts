import type { EmbeddedPostgresProcess } from './fork-embedded-postgres.js';

declare global {
  var packyardTestDatabase: EmbeddedPostgresProcess | undefined;
}

/** Jest's globalSetup of the tiers with a database: one PostgreSQL for the whole run. */
export default async function startGlobalDatabase(): Promise<void> {
  // Jest's module name mapping does not reach this file, so the name is the file's own.
  const file = './fork-embedded-postgres.ts';
  const { forkEmbeddedPostgres } = (await import(
    file
  )) as typeof import('./fork-embedded-postgres.js');
  globalThis.packyardTestDatabase = await forkEmbeddedPostgres();
  process.env.PACKYARD_TEST_DATABASE_URL = globalThis.packyardTestDatabase.url;
}
