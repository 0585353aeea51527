import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ChangesModule } from '../changes/changes.module.js';
import { HealthController } from './health.controller.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false }), ChangesModule],
  controllers: [HealthController],
})
export class HealthModule {}
