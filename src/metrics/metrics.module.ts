import { Module } from '@nestjs/common';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { MetricsController } from './metrics.controller.js';

/** Prometheus, with the figures of the process itself beside those that the modules provide. */
@Module({ imports: [PrometheusModule.register({ controller: MetricsController })] })
export class MetricsModule {}
