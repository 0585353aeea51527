import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ChangeFeed } from '../changes/change-feed.js';
import { ChangeStore } from '../changes/change.store.js';
import { ChangesModule } from '../changes/changes.module.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { PublishedModule } from '../published/published.module.js';
import { CatalogueStore } from './catalogue.store.js';
import { CatalogueView } from './catalogue-view.js';
import { ComponentsController } from './components.controller.js';
import { CATALOGUE_FILE, ComponentsService } from './components.service.js';

@Module({
  imports: [ChangesModule, PublishedModule],
  controllers: [ComponentsController],
  providers: [
    CatalogueView,
    ComponentsService,
    {
      provide: CatalogueStore,
      inject: [DataSource, ChangeStore],
      useFactory: (database: DataSource, changes: ChangeStore) =>
        new CatalogueStore(database, changes),
    },
    {
      provide: CATALOGUE_FILE,
      inject: [SETTINGS],
      useFactory: ({ catalogueFile }: Settings) => catalogueFile,
    },
  ],
  exports: [CatalogueView, ComponentsService],
})
export class ComponentsModule {
  constructor(feed: ChangeFeed, view: CatalogueView) {
    feed.add(view);
  }
}
