import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { StartError } from '../common/start-error.js';
import { isDatabaseUnavailable } from './is-database-unavailable.js';

/** Milliseconds for which a database that does not answer yet is waited for: it may be starting as well. */
const PATIENCE = 30_000;
const RETRY_DELAY = 500;

/** @throws StartError when the database cannot be had, and waiting would not help or did not */
export async function connect(
  dataSource: DataSource,
  onProgress: (message: string) => void,
): Promise<void> {
  const givenUpAt = performance.now() + PATIENCE;
  let told = false;
  for (;;) {
    try {
      await dataSource.initialize();
      return;
    } catch (error) {
      if (!isDatabaseUnavailable(error) || performance.now() > givenUpAt)
        throw cannotConnect(error);
      if (!told) onProgress(`Waiting up to ${PATIENCE / 1000} s for the database (DATABASE_URL)…`);
      told = true;
      await sleep(RETRY_DELAY);
    }
  }
}

function cannotConnect(error: unknown): StartError {
  const reason =
    error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : 'unknown';
  return new StartError(
    `Cannot use the database that DATABASE_URL names: ${reason}. ` +
      'Check its host, port, database, user and password; or leave DATABASE_URL out for an embedded one.',
  );
}
