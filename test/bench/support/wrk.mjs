/** The load generator: one wrk with one thread, on a core of its own where there are two. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { interrupted } from './benchmark.mjs';
import { cores, isInstalled, onCore } from './machine.mjs';
import { processorTime, watchShares } from './process-figures.mjs';

const scripts = fileURLToPath(new URL('../wrk/', import.meta.url));

export function requireWrk() {
  if (!isInstalled('wrk')) {
    throw new Error('The load comes from wrk, and it is not on the PATH: install the package wrk.');
  }
}

/**
 * One window of load.
 *
 * @param {object} window
 * @param {string} window.url
 * @param {number} window.pid the server's process, whose processor time is measured
 * @param {string} window.script in ../wrk
 * @param {Record<string, string | number>} window.settings of the script
 * @param {number} window.connections
 * @param {number} window.seconds
 * @param {string} [window.core] where wrk runs
 * @param {string[]} [window.prefix] a command to run it with
 * @returns the figures; times are milliseconds, processor time microseconds, shares 0 to 1 of a core
 */
export async function runWrk({
  url,
  pid,
  script = 'requests.lua',
  settings = {},
  connections,
  seconds,
  core = cores.load,
  prefix = [],
}) {
  interrupted.throwIfAborted();
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url];
  const [command, ...args] = [...prefix, ...onCore(core, wrk)];
  const usedBefore = processorTime(pid);
  const child = spawn(command, args, {
    cwd: scripts,
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: interrupted,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const stopWatching = watchShares({ server: pid, generator: child.pid, core: cores.server });
  const [code] = await once(child, 'close').finally(() => child.kill());
  const shares = stopWatching();
  const used = processorTime(pid) - usedBefore;

  const report = output.split('\n').find((line) => line.startsWith('{'));
  if (code !== 0 || !report) throw new Error(`wrk failed (${code}):\n${output}`);
  const { requests, microseconds, p50, p99, p999, unexpected, status, lost } = JSON.parse(report);
  if (requests === 0) throw new Error(`wrk got no answer from ${url}`);
  if (unexpected > 0) {
    throw new Error(
      `${unexpected} of ${requests} answers from ${url} were wrong, such as ${status}`,
    );
  }
  if (lost > 0) throw new Error(`wrk lost ${lost} of ${requests} requests to ${url}`);
  return {
    requests,
    requestsPerSecond: requests / (microseconds / 1e6),
    p50: p50 / 1000,
    p99: p99 / 1000,
    p999: p999 / 1000,
    processorTime: (used / requests) * 1e6,
    ...shares,
  };
}
