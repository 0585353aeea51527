import { Module } from '@nestjs/common';
import { ComponentsModule } from '../components/components.module.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { FolderObjectStore } from './folder-object-store.js';
import { S3ObjectStore } from './s3-object-store.js';
import { StagingController } from './staging.controller.js';
import { StagingPreparation } from './staging-preparation.js';
import { StagingService } from './staging.service.js';
import { StagingStore } from './staging-store.js';

/** What CI has staged: in a folder, or on an S3 server. */
@Module({
  imports: [ComponentsModule],
  controllers: [StagingController],
  providers: [
    StagingService,
    StagingPreparation,
    {
      provide: StagingStore,
      inject: [SETTINGS],
      useFactory: ({ staging }: Settings) =>
        new StagingStore(
          staging.kind === 's3'
            ? new S3ObjectStore(staging)
            : new FolderObjectStore(staging.folder),
        ),
    },
  ],
  exports: [StagingStore, StagingService],
})
export class StagingModule {}
