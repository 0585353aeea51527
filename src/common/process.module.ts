import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { Clock, SystemClock } from './clock.js';
import { LOGGER } from './logger.js';

/** Injection token of the process's settings. */
export const SETTINGS = Symbol('SETTINGS');

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
