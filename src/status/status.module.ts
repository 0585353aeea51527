import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ChangesModule } from '../changes/changes.module.js';
import { ComponentsModule } from '../components/components.module.js';
import { PublishedModule } from '../published/published.module.js';
import { StatusController } from './status.controller.js';
import { StatusMetrics } from './status-metrics.js';
import { StatusService } from './status.service.js';
import { StatusStore } from './status.store.js';

/** Is all well? For a program at `/api/v1/status`, for a person at `/`, for Prometheus among the metrics. */
@Module({
  imports: [ChangesModule, ComponentsModule, PublishedModule],
  controllers: [StatusController],
  providers: [
    StatusService,
    StatusMetrics,
    {
      provide: StatusStore,
      inject: [DataSource],
      useFactory: (database: DataSource) => new StatusStore(database),
    },
  ],
})
export class StatusModule {}
