import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { LOGGER } from '../common/logger.js';
import { Turns } from '../common/turns.js';
import { CatalogueView } from '../components/catalogue-view.js';
import { ComponentsModule } from '../components/components.module.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { StagingModule } from '../staging/staging.module.js';
import { StagingStore } from '../staging/staging-store.js';
import { DebBuilder } from './deb/deb-builder.js';
import { LocalSigner } from './local-signer.js';
import type { FormatBuilder } from './format-builder.js';
import { PromotionEvents } from './promotion-events.js';
import { PromotionEventsController } from './promotion-events.controller.js';
import { PromotionStore } from './promotion.store.js';
import { PromotionWorker } from './promotion-worker.js';
import { PromotionsController } from './promotions.controller.js';
import { PromotionsService } from './promotions.service.js';
import { ReleaseStore } from './release.store.js';
import {
  ReleasesController,
  RollbacksController,
  WithdrawalsController,
} from './releases.controller.js';
import { RpmBuilder } from './rpm/rpm-builder.js';
import { SigningInfoController } from './signing-info.controller.js';
import { SigningController } from './signing.controller.js';
import { SigningService } from './signing.service.js';
import { SnapshotTree } from './tree/snapshot-tree.js';
import { WORKSHOP, type Workshop } from './workshop.js';

/** How packages go live: staged, verified, signed, switched, and back. */
@Module({
  imports: [ComponentsModule, StagingModule],
  controllers: [
    PromotionsController,
    PromotionEventsController,
    SigningController,
    SigningInfoController,
    ReleasesController,
    RollbacksController,
    WithdrawalsController,
  ],
  providers: [
    PromotionsService,
    {
      provide: PromotionStore,
      inject: [DataSource],
      useFactory: (database: DataSource) => new PromotionStore(database),
    },
    {
      provide: ReleaseStore,
      inject: [DataSource],
      useFactory: (database: DataSource) => new ReleaseStore(database),
    },
    {
      provide: SnapshotTree,
      inject: [SETTINGS, Clock],
      useFactory: ({ publishedDir }: Settings, clock: Clock) =>
        new SnapshotTree(publishedDir, clock),
    },
    {
      provide: WORKSHOP,
      inject: [
        SETTINGS,
        PromotionStore,
        ReleaseStore,
        CatalogueView,
        StagingStore,
        SnapshotTree,
        Clock,
      ],
      useFactory: workshop,
    },
    {
      provide: PromotionWorker,
      inject: [WORKSHOP, SETTINGS, LOGGER],
      useFactory: (shop: Workshop, { databaseUrl }: Settings, logger: Logger) =>
        new PromotionWorker(shop, databaseUrl, logger),
    },
    {
      provide: PromotionEvents,
      inject: [PromotionStore],
      useFactory: (promotions: PromotionStore) => new PromotionEvents(promotions),
    },
    {
      provide: SigningService,
      inject: [PromotionsService, WORKSHOP],
      useFactory: (promotions: PromotionsService, shop: Workshop) =>
        new SigningService(promotions, shop),
    },
    {
      provide: LocalSigner,
      inject: [PromotionsService, SigningService, WORKSHOP, SETTINGS, LOGGER],
      useFactory: (
        promotions: PromotionsService,
        signing: SigningService,
        { promotions: store, staging, components }: Workshop,
        settings: Settings,
        logger: Logger,
      ) => new LocalSigner({ promotions, store, signing, staging, components, logger }, settings),
    },
  ],
  exports: [PromotionsService, PromotionWorker, LocalSigner, StagingModule],
})
export class PromotionModule {}

function workshop(
  { publishedDir, publicKeysDir, signingTimeout, releasesKept }: Settings,
  promotions: PromotionStore,
  releases: ReleaseStore,
  components: CatalogueView,
  staging: StagingStore,
  tree: SnapshotTree,
  clock: Clock,
): Workshop {
  const tools = join(publishedDir, '.tools');
  const builders: readonly FormatBuilder[] = [new RpmBuilder(tools), new DebBuilder(tools)];
  const turns = new Turns();
  return {
    ...{ promotions, releases, components, staging, tree, clock, signingTimeout, releasesKept },
    publicKeyFile: join(publicKeysDir, 'lts.asc'),
    builderOf: (format) => builders.find((each) => each.format === format) ?? unbuilt(format),
    alone: (work) => turns.take(work),
  };
}

function unbuilt(format: string): never {
  throw new DomainError('UNKNOWN_TARGET', `Nothing here promotes the format "${format}".`);
}
