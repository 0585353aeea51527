import { Global, Module } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { AdminTokens } from './admin-tokens.js';

/** What the guard of every admin route needs. */
@Global()
@Module({
  providers: [
    {
      provide: AdminTokens,
      inject: [SETTINGS],
      useFactory: ({ adminTokensFile }: Settings) => new AdminTokens(adminTokensFile),
    },
  ],
  exports: [AdminTokens],
})
export class AdminModule {}
