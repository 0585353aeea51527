import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { AdminModule } from './admin/admin.module.js';
import { ErrorFilter } from './admin/error-filter.js';
import { AuditModule } from './audit/audit.module.js';
import { ProcessModule } from './process.module.js';
import { ComponentsModule } from './components/components.module.js';
import type { Settings } from './config/settings.js';
import { ForwardAuthModule } from './forward-auth/forward-auth.module.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { HealthModule } from './health/health.module.js';
import { KeysModule } from './keys/keys.module.js';
import { KeyLookupModule } from './key-lookup/key-lookup.module.js';
import { PromotionModule } from './promotion/promotion.module.js';
import { StagingModule } from './staging/staging.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { SetupModule } from './setup/setup.module.js';
import { StatusModule } from './status/status.module.js';

/** The whole of Packyard: every domain, wired once. Which listeners open is `main`'s to say. */
@Module({})
export class AppModule {
  static with(settings: Settings, logger: Logger, dataSource: DataSource): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ProcessModule.with(settings, logger, dataSource),
        AdminModule,
        ForwardAuthModule,
        KeysModule,
        KeyLookupModule,
        ComponentsModule,
        AuditModule,
        StagingModule,
        PromotionModule,
        GatewayModule,
        HealthModule,
        MetricsModule,
        SetupModule,
        StatusModule,
      ],
      providers: [{ provide: APP_FILTER, useClass: ErrorFilter }],
    };
  }
}
