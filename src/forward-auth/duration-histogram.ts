import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** Upper bounds in seconds: a decision takes some microseconds. */
const BOUNDS = [0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.01, 0.1];

/**
 * A Prometheus histogram without labels, which prom-client's own would look up by a hash at each
 * observation; that costs as much as the rest of the recording.
 */
export class DurationHistogram {
  private readonly counts = new Float64Array(BOUNDS.length + 1);
  private sum = 0;

  constructor(
    readonly name: string,
    private readonly help: string,
  ) {}

  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += seconds;
  }

  /** What prom-client's registry asks of a metric: cumulative buckets, sum and count. */
  get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    let count = 0;
    const values = [...BOUNDS, '+Inf'].map((le, bucket) => {
      count += this.counts[bucket] as number;
      return { metricName: `${this.name}_bucket`, labels: { le }, value: count };
    });
    return Promise.resolve({
      name: this.name,
      help: this.help,
      type: 'histogram',
      aggregator: 'sum',
      values: [
        ...values,
        { metricName: `${this.name}_sum`, labels: {}, value: this.sum },
        { metricName: `${this.name}_count`, labels: {}, value: count },
      ],
    } as unknown as MetricObjectWithValues<MetricValue<string>>);
  }

  reset(): void {
    this.counts.fill(0);
    this.sum = 0;
  }
}
