/**
 * What every benchmark shares: a checkout that is ready, a way to be interrupted, and the promise
 * that whatever was started is stopped, however the benchmark ends.
 */
import { prepare } from '../../../scripts/prepare.mjs';

/* global AbortController */
const interruption = new AbortController();

/** Aborted by Ctrl-C and by SIGTERM. Whoever waits long, waits with it. */
export const interrupted = interruption.signal;

/**
 * Runs `work`, which hands over a way to stop each thing that it starts; they are stopped in the
 * opposite order. Ends this process: with 1 on an error, with 0 whatever the figures are.
 *
 * @param {(stopLater: (stop: () => unknown) => void) => Promise<void>} work
 */
export async function runBenchmark(work) {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => interruption.abort(new Error(`stopped by ${name}`)));
  }
  const stops = [];
  try {
    if (process.platform !== 'linux') throw new Error('The benchmarks read /proc: Linux only.');
    // PACKYARD_ENTRY names a build of one's own.
    if (!process.env.PACKYARD_ENTRY) await prepare();
    await work((stop) => stops.unshift(stop));
  } catch (error) {
    fail(interrupted.aborted ? interrupted.reason : error);
  }
  for (const stop of stops) {
    try {
      await stop();
    } catch (error) {
      fail(error);
    }
  }
  process.exit();
}

function fail(error) {
  console.error(error.message);
  process.exitCode = 1;
}

/** What is going on, for whoever waits. The report alone is on standard output. */
export function tell(message) {
  console.error(message);
}
