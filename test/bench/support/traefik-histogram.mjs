/** What Traefik measured of one of its services between two moments. */

const METRICS = 'http://127.0.0.1:9090/metrics';

/** @returns {Promise<Map<number, number>>} how many requests took at most so many seconds, so far */
export async function durationsOf(service) {
  const text = await (await fetch(METRICS)).text();
  const durations = new Map();
  for (const line of text.split('\n')) {
    const [, labels, count] =
      /^traefik_service_request_duration_seconds_bucket\{(.*)\} (\S+)$/.exec(line) ?? [];
    if (!labels?.includes(`service="${service}"`)) continue;
    const [, bound] = /le="([^"]+)"/.exec(labels);
    const seconds = bound === '+Inf' ? Infinity : Number(bound);
    durations.set(seconds, (durations.get(seconds) ?? 0) + Number(count));
  }
  return durations;
}

/**
 * The quantile of what came between the two, as Prometheus' `histogram_quantile` reads it: within a bucket
 * evenly spread.
 *
 * @returns {{ count: number, seconds: number }}
 */
export function quantileBetween(before, after, quantile) {
  const bounds = [...after.keys()].sort((a, b) => a - b);
  const counts = bounds.map((bound) => after.get(bound) - (before.get(bound) ?? 0));
  const count = counts.at(-1) ?? 0;
  if (count === 0) throw new Error('Traefik has measured no request of this service');
  const wanted = quantile * count;
  const at = counts.findIndex((each) => each >= wanted);
  const [lower, below] = at === 0 ? [0, 0] : [bounds[at - 1], counts[at - 1]];
  const share = (wanted - below) / (counts[at] - below);
  const seconds = bounds[at] === Infinity ? lower : lower + (bounds[at] - lower) * share;
  return { count, seconds };
}
