import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge, register, type Metric } from 'prom-client';
import { ChangeFeed } from '../changes/change-feed.js';
import { OutcomeCounter } from '../usage/outcome-counter.js';
import { UsageCounter } from '../usage/usage-counter.js';
import type { Decision } from './decide-access.js';
import { DurationHistogram } from './duration-histogram.js';
import type { PackageFormat } from './request-target.js';

const REQUESTS = 'packyard_auth_requests_total';
const DURATION = 'packyard_auth_duration_seconds';
const STALENESS = 'packyard_auth_view_staleness_seconds';
const DROPPED = 'packyard_usage_dropped_requests_total';

export const accessMetricProviders = [
  makeCounterProvider({
    name: REQUESTS,
    help: 'Decisions on subscribers’ requests, by outcome, reason and package format.',
    labelNames: ['status', 'reason', 'format'],
  }),
  {
    provide: DurationHistogram,
    useFactory: () => {
      const histogram = new DurationHistogram(DURATION, 'Time that a decision took, in seconds.');
      register.registerMetric(histogram as unknown as Metric);
      return histogram;
    },
  },
  makeGaugeProvider({
    name: STALENESS,
    help: 'Seconds since the keys and the catalogue in memory were last known to be what the database holds.',
  }),
  makeCounterProvider({
    name: DROPPED,
    help: 'Requests that were let through and not counted by key, because too much waits to be written.',
  }),
];

/** Counts decisions: for metrics, by the hour, and by key. No label takes anything that a client wrote. */
@Injectable()
export class AccessRecorder {
  constructor(
    private readonly outcomes: OutcomeCounter,
    private readonly usage: UsageCounter,
    private readonly duration: DurationHistogram,
    @InjectMetric(REQUESTS) requests: Counter,
    @InjectMetric(STALENESS) staleness: Gauge,
    @InjectMetric(DROPPED) dropped: Counter,
    feed: ChangeFeed,
  ) {
    // Read when Prometheus asks, so that a request costs one count and not two.
    onCollect(requests, () => {
      requests.reset();
      for (const { total, ...labels } of outcomes.totals()) requests.inc(labels, total);
    });
    onCollect(dropped, () => {
      dropped.reset();
      dropped.inc(usage.dropped);
    });
    onCollect(staleness, () => staleness.set(Math.min(feed.staleness(), Number.MAX_SAFE_INTEGER)));
  }

  /**
   * @param now milliseconds since the epoch
   * @param duration of the decision, in milliseconds
   */
  record(decision: Decision, format: PackageFormat, now: number, duration: number): void {
    this.duration.observe(duration / 1000);
    switch (decision.outcome) {
      case 'allow': {
        if (decision.access === 'public')
          return this.outcomes.count('allowed_public', 'public', format);
        const { key, component } = decision;
        if (component) this.usage.count(key, component.name, format, now);
        return this.outcomes.count('allowed', 'key', format);
      }
      case 'deny':
        return this.outcomes.count('denied', decision.reason, format);
      case 'undecided':
        return this.outcomes.count('error', decision.reason, format);
    }
  }
}

function onCollect(metric: Counter | Gauge, collect: () => void): void {
  Object.assign(metric, { collect });
}
