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
import { PublishedTree } from '../gateway/published-tree.js';
import { PublicUrl } from '../setup/public-url.js';
import { SetupModule } from '../setup/setup.module.js';
import { siteAddress } from '../setup/site-address.js';
import { StagingModule } from '../staging/staging.module.js';
import { StagingStore } from '../staging/staging-store.js';
import { DebBuilder } from './deb/deb-builder.js';
import { OciBuilder } from './oci/oci-builder.js';
import { RegistryClient } from './oci/registry-client.js';
import { LocalSigner } from './local-signer.js';
import type { FileServer } from './file-server.js';
import type { FormatBuilder } from './format-builder.js';
import { GatewayFiles } from './gateway-files.js';
import { HttpFileServer } from './http-file-server.js';
import { PromotionEvents } from './promotion-events.js';
import { PromotionEventsController } from './promotion-events.controller.js';
import { PromotionNews } from './promotion-news.js';
import { PromotionStore } from './promotion.store.js';
import { PromotionWorker } from './promotion-worker.js';
import { PromotionsController } from './promotions.controller.js';
import { PromotionsService } from './promotions.service.js';
import type { Format } from './publication.js';
import { ReleaseStore } from './release.store.js';
import {
  ReleasesController,
  RollbacksController,
  WithdrawalsController,
} from './releases.controller.js';
import { RpmBuilder } from './rpm/rpm-builder.js';
import { SignatureStore } from './signature.store.js';
import { SigningInfoController } from './signing-info.controller.js';
import { SigningController } from './signing.controller.js';
import { SigningService } from './signing.service.js';
import { SnapshotTree } from './tree/snapshot-tree.js';
import { WORKSHOP, type Workshop } from './workshop.js';

/** How packages go live: staged, verified, signed, switched, and back. */
@Module({
  imports: [ComponentsModule, StagingModule, SetupModule],
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
    PromotionNews,
    {
      provide: PromotionStore,
      inject: [DataSource, PromotionNews],
      useFactory: (database: DataSource, news: PromotionNews) => new PromotionStore(database, news),
    },
    {
      provide: ReleaseStore,
      inject: [DataSource],
      useFactory: (database: DataSource) => new ReleaseStore(database),
    },
    {
      provide: SignatureStore,
      inject: [DataSource, PromotionNews],
      useFactory: (database: DataSource, news: PromotionNews) => new SignatureStore(database, news),
    },
    {
      provide: SnapshotTree,
      inject: [SETTINGS, Clock],
      useFactory: ({ publishedDir }: Settings, clock: Clock) =>
        new SnapshotTree(publishedDir, clock),
    },
    {
      provide: OciBuilder,
      inject: [SETTINGS, PublicUrl, Clock],
      useFactory: (
        { registryUrl, registryCredentials, publicKeysDir }: Settings,
        url: PublicUrl,
        clock: Clock,
      ) =>
        new OciBuilder({
          registry: registryUrl ? new RegistryClient(registryUrl, registryCredentials) : undefined,
          host: () => (url.current === '' ? '' : siteAddress(url.current).host),
          publicKeyFile: join(publicKeysDir, 'cosign.pub'),
          clock,
        }),
    },
    {
      provide: WORKSHOP,
      inject: [
        SETTINGS,
        PromotionStore,
        PromotionNews,
        SignatureStore,
        ReleaseStore,
        CatalogueView,
        StagingStore,
        SnapshotTree,
        OciBuilder,
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
      inject: [PromotionStore, PromotionNews],
      useFactory: (promotions: PromotionStore, news: PromotionNews) =>
        new PromotionEvents(promotions, news),
    },
    {
      provide: SigningService,
      inject: [PromotionsService, WORKSHOP],
      useFactory: (promotions: PromotionsService, shop: Workshop) =>
        new SigningService(promotions, shop),
    },
    {
      provide: LocalSigner,
      inject: [PromotionsService, SigningService, WORKSHOP, SETTINGS, PublicUrl, LOGGER],
      useFactory: (
        promotions: PromotionsService,
        signing: SigningService,
        { news, staging, components }: Workshop,
        settings: Settings,
        url: PublicUrl,
        logger: Logger,
      ) =>
        new LocalSigner(
          { promotions, news, signing, staging, components, logger },
          settings,
          () => siteAddress(url.current).host,
        ),
    },
  ],
  exports: [PromotionsService, PromotionWorker, LocalSigner, StagingModule],
})
export class PromotionModule {}

function workshop(
  settings: Settings,
  promotions: PromotionStore,
  news: PromotionNews,
  signatures: SignatureStore,
  releases: ReleaseStore,
  components: CatalogueView,
  staging: StagingStore,
  tree: SnapshotTree,
  images: OciBuilder,
  clock: Clock,
): Workshop {
  const { publishedDir, publicKeysDir, signingTimeout, releasesKept } = settings;
  const tools = join(publishedDir, '.tools');
  const builders: readonly FormatBuilder[] = [new RpmBuilder(tools), new DebBuilder(tools), images];
  const turns = new Turns();
  return {
    ...{
      promotions,
      news,
      signatures,
      releases,
      components,
      staging,
      tree,
      clock,
      signingTimeout,
      releasesKept,
    },
    publicKeyFile: join(publicKeysDir, 'lts.asc'),
    cosignKeyFile: join(publicKeysDir, 'cosign.pub'),
    builderOf: (format) => builders.find((each) => each.format === format) ?? unbuilt(format),
    fileServerOf: (format) => fileServerOf(format, settings),
    alone: (work) => turns.take(work),
  };
}

/** The one that the settings name, else the gateway where it is on. */
function fileServerOf(
  format: Format,
  { filesUrls, listen, publishedDir }: Settings,
): FileServer | undefined {
  const url = format === 'oci' ? undefined : filesUrls[format];
  if (url !== undefined) return new HttpFileServer(url);
  return listen.gateway && new GatewayFiles(new PublishedTree(publishedDir));
}

function unbuilt(format: string): never {
  throw new DomainError('UNKNOWN_TARGET', `Nothing here promotes the format "${format}".`);
}
