import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { LOGGER } from '../common/logger.js';
import { SETTINGS } from '../common/process.module.js';
import type { Settings } from '../config/settings.js';
import { ChangeFeed } from './change-feed.js';
import { ChangeStore } from './change.store.js';

/** What every process follows: changes to keys and catalogue, and how old its knowledge of them is. */
@Module({
  providers: [
    {
      provide: ChangeStore,
      inject: [DataSource],
      useFactory: (database: DataSource) => new ChangeStore(database),
    },
    {
      provide: ChangeFeed,
      inject: [SETTINGS, LOGGER],
      useFactory: ({ databaseUrl, authMaxStaleness }: Settings, logger: Logger) =>
        new ChangeFeed(databaseUrl, authMaxStaleness, logger),
    },
  ],
  exports: [ChangeStore, ChangeFeed],
})
export class ChangesModule {}
