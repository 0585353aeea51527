import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ChangeFeed } from '../changes/change-feed.js';
import { ChangeStore } from '../changes/change.store.js';
import { ChangesModule } from '../changes/changes.module.js';
import { ComponentsModule } from '../components/components.module.js';
import { SetupModule } from '../setup/setup.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { KeyDirectory } from './key-directory.js';
import { KeyStore } from './key.store.js';
import { KeyView } from './key-view.js';
import { KeysController } from './keys.controller.js';
import { KeysService } from './keys.service.js';
import { PostgresKeyStore } from './postgres-key.store.js';

@Module({
  imports: [ChangesModule, ComponentsModule, SetupModule, UsageModule],
  controllers: [KeysController],
  providers: [
    KeysService,
    KeyView,
    { provide: KeyDirectory, useExisting: KeyView },
    {
      provide: KeyStore,
      inject: [DataSource, ChangeStore],
      useFactory: (database: DataSource, changes: ChangeStore) =>
        new PostgresKeyStore(database, changes),
    },
  ],
  exports: [KeyDirectory, KeysService],
})
export class KeysModule {
  constructor(feed: ChangeFeed, view: KeyView) {
    feed.add(view);
  }
}
