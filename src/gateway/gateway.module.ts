import { Module } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { ForwardAuthModule } from '../forward-auth/forward-auth.module.js';
import { GatewayHandler } from './gateway.handler.js';
import { PublicKeys } from './public-keys.js';
import { PublishedTree } from './published-tree.js';
import { RegistryProxy } from './registry-proxy.js';

@Module({
  imports: [ForwardAuthModule],
  providers: [
    GatewayHandler,
    {
      provide: PublishedTree,
      inject: [SETTINGS],
      useFactory: ({ publishedDir }: Settings) => new PublishedTree(publishedDir),
    },
    {
      provide: PublicKeys,
      inject: [SETTINGS],
      useFactory: ({ publicKeysDir }: Settings) => new PublicKeys(publicKeysDir),
    },
    {
      provide: RegistryProxy,
      inject: [SETTINGS],
      useFactory: ({ registryUrl }: Settings) =>
        registryUrl ? new RegistryProxy(registryUrl) : undefined,
    },
  ],
  exports: [GatewayHandler],
})
export class GatewayModule {}
