import { Registry, type Metric } from 'prom-client';
import { DurationHistogram } from './duration-histogram.js';

describe('the histogram of durations', () => {
  it('is written as Prometheus reads it: cumulative buckets, sum and count', async () => {
    const histogram = new DurationHistogram('d_seconds', 'Durations.');
    for (const seconds of [0.000_001, 0.000_005, 0.000_02, 0.5]) histogram.observe(seconds);
    const registry = new Registry();
    registry.registerMetric(histogram as unknown as Metric);

    const lines = (await registry.metrics()).trim().split('\n');
    expect(lines).toEqual([
      '# HELP d_seconds Durations.',
      '# TYPE d_seconds histogram',
      'd_seconds_bucket{le="0.000005"} 2',
      'd_seconds_bucket{le="0.00001"} 2',
      'd_seconds_bucket{le="0.000025"} 3',
      'd_seconds_bucket{le="0.00005"} 3',
      'd_seconds_bucket{le="0.0001"} 3',
      'd_seconds_bucket{le="0.00025"} 3',
      'd_seconds_bucket{le="0.001"} 3',
      'd_seconds_bucket{le="0.01"} 3',
      'd_seconds_bucket{le="0.1"} 3',
      'd_seconds_bucket{le="+Inf"} 4',
      'd_seconds_sum 0.500026',
      'd_seconds_count 4',
    ]);
  });
});
