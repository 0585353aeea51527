import { Module } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { PublishedFiles } from './published-files.js';
import { PublishedImages } from './published-images.js';
import { PublishedService } from './published.service.js';

/** What subscribers get now: read from the tree and the registry that serve it. */
@Module({
  providers: [
    {
      provide: PublishedService,
      inject: [SETTINGS],
      useFactory: ({ publishedDir, registryUrl }: Settings) =>
        new PublishedService(
          new PublishedFiles(publishedDir),
          registryUrl ? new PublishedImages(registryUrl) : undefined,
        ),
    },
  ],
  exports: [PublishedService],
})
export class PublishedModule {}
