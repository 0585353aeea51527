import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { LOGGER } from '../common/logger.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { KeyJournal } from '../key-journal/key-journal.store.js';
import { ChangeFeed } from './change-feed.js';
import { ChangeStore } from './change.store.js';
import { ProcessRegistration } from './process-registration.js';
import { ProcessStore } from './process.store.js';
import { Propagation } from './propagation.js';

/** What every process follows: changes to keys and catalogue, and how old its knowledge of them is. */
@Module({
  providers: [
    {
      provide: ChangeStore,
      inject: [DataSource, SETTINGS],
      useFactory: (database: DataSource, { keyJournalDir }: Settings) =>
        new ChangeStore(
          database,
          keyJournalDir ? new KeyJournal(keyJournalDir, database) : undefined,
        ),
    },
    {
      provide: ChangeFeed,
      inject: [SETTINGS, LOGGER],
      useFactory: ({ databaseUrl, authMaxStaleness, listen }: Settings, logger: Logger) => {
        const decides = listen.auth ?? listen.gateway;
        const registration = decides && new ProcessRegistration(authMaxStaleness);
        return new ChangeFeed(databaseUrl, authMaxStaleness, logger, registration);
      },
    },
    {
      provide: Propagation,
      inject: [ChangeFeed, DataSource, SETTINGS],
      useFactory: (feed: ChangeFeed, database: DataSource, { authMaxStaleness }: Settings) =>
        new Propagation(feed, new ProcessStore(database), authMaxStaleness),
    },
  ],
  exports: [ChangeStore, ChangeFeed, Propagation],
})
export class ChangesModule {}
