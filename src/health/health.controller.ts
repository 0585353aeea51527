import { Controller, Get, UseFilters } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
} from '@nestjs/terminus';
import { ApiExcludeController } from '@nestjs/swagger';
import { ChangeFeed } from '../changes/change-feed.js';
import { OnListener } from '../common/listener.js';
import { HealthFilter } from './health.filter.js';

/** What Traefik and the container engine ask, on the auth listener. */
@ApiExcludeController()
@Controller('health')
@OnListener('auth')
@UseFilters(HealthFilter)
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly feed: ChangeFeed,
  ) {}

  /** The process answers. */
  @Get('live')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  /** It can decide: what it knows of keys and catalogue is within the bound. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => {
        const freshness = this.feed.freshness();
        const view = this.indicators.check('access_view');
        const detail = {
          freshness,
          ...(freshness !== 'unloaded' && { staleness_seconds: this.feed.staleness() }),
        };
        return freshness === 'current' ? view.up(detail) : view.down(detail);
      },
    ]);
  }
}
