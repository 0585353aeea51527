import 'reflect-metadata';
import { StartError } from './common/start-error.js';
import { loadSettings } from './config/settings.js';
import { connect } from './database/connect.js';
import { createDataSource } from './database/data-source.js';
import { migrate } from './database/migrate.js';
import { KeyJournal } from './key-journal/key-journal.store.js';
import { reconcileKeyJournal } from './key-journal/reconcile-key-journal.js';

/**
 * Brings a restored database up to its key journal, before any process uses it: `bin/replay-key-journal`.
 * The start of a process with the admin listener does the same; auth processes do not wait for that.
 */
async function replayKeyJournal(): Promise<void> {
  const { databaseUrl, keyJournalDir } = loadSettings();
  if (databaseUrl === '' || !keyJournalDir) {
    throw new StartError(
      'Set DATABASE_URL to the restored database and KEY_JOURNAL_DIR to the folder of its key journal. ' +
        'An embedded database is brought up to its journal when Packyard starts.',
    );
  }
  const dataSource = createDataSource(databaseUrl);
  await connect(dataSource, tell);
  try {
    await migrate(dataSource);
    await reconcileKeyJournal(new KeyJournal(keyJournalDir, dataSource), tell);
    tell('The database has everything that the key journal has.');
  } finally {
    await dataSource.destroy();
  }
}

function tell(message: string): void {
  process.stderr.write(`${message}\n`);
}

replayKeyJournal().catch((error: unknown) => {
  tell(error instanceof StartError ? error.message : String((error as Error).stack));
  process.exitCode = 1;
});
