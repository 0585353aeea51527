import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { SETTINGS, type Settings } from './config/settings.js';
import { Clock, SystemClock } from './common/clock.js';
import { LOGGER } from './common/logger.js';

/** What `main` made before the modules, and all of them may use. */
@Global()
@Module({})
export class ProcessModule {
  static with(settings: Settings, logger: Logger, dataSource: DataSource): DynamicModule {
    return {
      module: ProcessModule,
      providers: [
        { provide: SETTINGS, useValue: settings },
        { provide: LOGGER, useValue: logger },
        { provide: DataSource, useValue: dataSource },
        { provide: Clock, useClass: SystemClock },
      ],
      exports: [SETTINGS, LOGGER, DataSource, Clock],
    };
  }
}
