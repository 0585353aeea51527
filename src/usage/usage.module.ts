import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { Clock } from '../common/clock.js';
import { LOGGER } from '../common/logger.js';
import { OutcomeCounter } from './outcome-counter.js';
import { UsageCounter } from './usage-counter.js';
import { UsageStore } from './usage.store.js';
import { UsageWriter } from './usage-writer.js';

/** How much each key is used and how requests are answered: counted in memory, written in batches. */
@Module({
  providers: [
    { provide: UsageCounter, useFactory: () => new UsageCounter() },
    OutcomeCounter,
    {
      provide: UsageStore,
      inject: [DataSource],
      useFactory: (database: DataSource) => new UsageStore(database),
    },
    {
      provide: UsageWriter,
      inject: [UsageCounter, OutcomeCounter, UsageStore, Clock, LOGGER],
      useFactory: (
        usage: UsageCounter,
        outcomes: OutcomeCounter,
        store: UsageStore,
        clock: Clock,
        logger: Logger,
      ) => new UsageWriter(usage, outcomes, store, clock, logger),
    },
  ],
  exports: [UsageCounter, OutcomeCounter, UsageStore, UsageWriter],
})
export class UsageModule {}
