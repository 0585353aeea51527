import { Injectable } from '@nestjs/common';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import { Counter, Gauge, Histogram } from 'prom-client';
import { ChangeFeed } from '../changes/change-feed.js';
import type { Decision } from './decide-access.js';
import type { PackageFormat } from './request-target.js';

const REQUESTS = 'packyard_auth_requests_total';
const DURATION = 'packyard_auth_duration_seconds';
const STALENESS = 'packyard_auth_view_staleness_seconds';

export const accessMetricProviders = [
  makeCounterProvider({
    name: REQUESTS,
    help: 'Decisions on subscribers’ requests, by outcome, reason and package format.',
    labelNames: ['status', 'reason', 'format'],
  }),
  makeHistogramProvider({
    name: DURATION,
    help: 'Time that a decision took, in seconds.',
    buckets: [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1],
  }),
  makeGaugeProvider({
    name: STALENESS,
    help: 'Seconds since the keys and the catalogue in memory were last known to be what the database holds.',
  }),
];

/** Counts decisions. No label takes anything that a client wrote. */
@Injectable()
export class AccessMetrics {
  constructor(
    @InjectMetric(REQUESTS) private readonly requests: Counter,
    @InjectMetric(DURATION) private readonly duration: Histogram,
    @InjectMetric(STALENESS) staleness: Gauge,
    feed: ChangeFeed,
  ) {
    Object.assign(staleness, {
      collect: () => staleness.set(Math.min(feed.staleness(), Number.MAX_SAFE_INTEGER)),
    });
  }

  record(decision: Decision, format: PackageFormat, milliseconds: number): void {
    this.requests.inc({ ...outcomeOf(decision), format });
    this.duration.observe(milliseconds / 1000);
  }
}

function outcomeOf(decision: Decision): { status: string; reason: string } {
  switch (decision.outcome) {
    case 'allow':
      return decision.access === 'public'
        ? { status: 'allowed_public', reason: 'public' }
        : { status: 'allowed', reason: 'key' };
    case 'deny':
      return { status: 'denied', reason: decision.reason };
    case 'undecided':
      return { status: 'error', reason: decision.reason };
  }
}
