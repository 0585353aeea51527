/**
 * `npm run bench`: how fast is a decision, beside a bare `node:http` server, beside the same decision
 * and nothing else, and beside a query at each request?
 *
 * All servers run in one run, each in a process of its own, one under load at a time, in rounds whose
 * order rotates: what else the machine does meets all of them, and ratios are taken within a round.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runBenchmark, tell } from './support/benchmark.mjs';
import { decimals, percent, spread, summary, table, whole } from './support/figures.mjs';
import { describeMachine, machineLine } from './support/machine.mjs';
import { startBare, startInMemory, startQueryPerRequest } from './support/reference-servers.mjs';
import { badRequests, goodRequests } from './support/requests.mjs';
import {
  generateSecret,
  makeKeys,
  revoke,
  startPackyard,
  startPostgres,
} from './support/subject.mjs';
import { requireWrk, runWrk } from './support/wrk.mjs';

const USAGE = `npm run bench -- [--rounds 7] [--seconds 4] [--connections 32] [--keys 1000] [--only a,b] [--json FILE]`;

const VARIANTS = {
  a0: { name: 'bare node:http', requests: 'good', status: 200 },
  a: { name: 'the same decision and nothing else', requests: 'good', status: 200 },
  b: { name: 'Packyard, good keys', requests: 'good', status: 200 },
  c: { name: 'Packyard, bad keys', requests: 'bad', status: 401 },
  d: { name: 'a query and an update a request', requests: 'good', status: 200 },
};

/** Ratios of one figure of two variants, and what is aimed at. */
const RATIOS = [
  { of: 'a', to: 'a0', figure: 'requestsPerSecond' },
  { of: 'b', to: 'a', figure: 'requestsPerSecond', atLeast: 0.9 },
  { of: 'b', to: 'a0', figure: 'requestsPerSecond' },
  { of: 'c', to: 'b', figure: 'requestsPerSecond', atLeast: 0.85 },
  { of: 'b', to: 'd', figure: 'requestsPerSecond', atLeast: 10 },
  { of: 'b', to: 'a', figure: 'p99' },
  { of: 'b', to: 'a0', figure: 'p99', atMost: 2 },
  { of: 'b', to: 'a0', figure: 'p999' },
  { of: 'c', to: 'b', figure: 'p99' },
  { of: 'a', to: 'a0', figure: 'processorTime' },
  { of: 'b', to: 'a', figure: 'processorTime' },
  { of: 'b', to: 'a0', figure: 'processorTime' },
  { of: 'c', to: 'b', figure: 'processorTime' },
  { of: 'd', to: 'b', figure: 'processorTime' },
];

const FIGURES = {
  requestsPerSecond: { title: 'requests/s', format: whole },
  p50: { title: 'p50 ms', format: decimals(2) },
  p99: { title: 'p99 ms', format: decimals(2) },
  p999: { title: 'p99.9 ms', format: decimals(2) },
  processorTime: { title: 'CPU µs/request', format: decimals(1) },
  serverShare: { title: "server's core", format: percent },
  wrkShare: { title: "wrk's core", format: percent },
};

/** Keys that are made to be revoked. */
const REVOKED_KEYS = 50;
const WARM_UP_SECONDS = 3;

await runBenchmark(async (stopLater) => {
  const options = readOptions();
  requireWrk();
  const folder = await mkdtemp(join(tmpdir(), 'packyard-bench-'));
  stopLater(() => rm(folder, { recursive: true }));

  const { targets, files } = await startAll(options, folder, stopLater);
  const measure = (id, seconds) =>
    runWrk({
      ...targets[id],
      settings: {
        REQUESTS_FILE: files[VARIANTS[id].requests],
        EXPECTED_STATUS: VARIANTS[id].status,
      },
      connections: options.connections,
      seconds,
    });

  for (const id of options.only) {
    tell(`Warming up ${id}…`);
    await measure(id, WARM_UP_SECONDS);
  }
  const rounds = [];
  for (let round = 0; round < options.rounds; round++) {
    tell(`Round ${round + 1} of ${options.rounds}…`);
    const figures = {};
    for (const id of rotated(options.only, round)) figures[id] = await measure(id, options.seconds);
    rounds.push(figures);
  }

  const ratios = ratiosOf(rounds, options.only);
  console.log(report(options, rounds, ratios));
  if (options.json) {
    const { json, ...asked } = options;
    const result = { machine: describeMachine(), options: asked, rounds, ratios };
    await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
  }
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '4' },
      connections: { type: 'string', default: '32' },
      keys: { type: 'string', default: '1000' },
      only: { type: 'string', default: Object.keys(VARIANTS).join() },
      json: { type: 'string' },
    },
  });
  const only = values.only.split(',');
  const numbers = Object.fromEntries(
    ['rounds', 'seconds', 'connections', 'keys'].map((name) => [name, Number(values[name])]),
  );
  const isRight =
    Object.values(numbers).every((value) => Number.isInteger(value) && value > 0) &&
    only.every((id) => id in VARIANTS);
  if (!isRight) throw new Error(`Usage: ${USAGE}`);
  return { ...numbers, only, json: values.json };
}

/** Starts every server, and writes the requests that all of them get. */
async function startAll({ keys: keyCount, only }, folder, stopLater) {
  await startPostgres(stopLater);
  const packyard = await startPackyard(stopLater);
  const keys = await makeKeys(packyard, keyCount);
  const revoked = await makeKeys(packyard, REVOKED_KEYS);
  await revoke(packyard, revoked);

  const files = { good: join(folder, 'good.http'), bad: join(folder, 'bad.http') };
  await writeFile(files.good, goodRequests(keys));
  await writeFile(files.bad, badRequests(generateSecret, revoked));

  const ours = { url: `${packyard.auth}/auth`, pid: packyard.pid };
  const starts = {
    a0: () => startBare(stopLater),
    a: () => startInMemory(keys, folder, stopLater),
    b: () => ours,
    c: () => ours,
    d: () => startQueryPerRequest(keys, packyard.database.url, stopLater),
  };
  const targets = {};
  for (const id of only) targets[id] = await starts[id]();
  return { targets, files };
}

function rotated(list, by) {
  const first = by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

function ratiosOf(rounds, only) {
  return RATIOS.filter(({ of, to }) => only.includes(of) && only.includes(to)).map((ratio) => {
    const { of, to, figure, atLeast, atMost } = ratio;
    const measured = summary(rounds.map((round) => round[of][figure] / round[to][figure]));
    const hasAim = atLeast !== undefined || atMost !== undefined;
    const met = measured.median >= (atLeast ?? 0) && measured.median <= (atMost ?? Infinity);
    return { ...ratio, ...measured, ...(hasAim && { met }) };
  });
}

function report({ rounds: count, seconds, connections, keys, only }, rounds, ratios) {
  const figures = Object.entries(FIGURES);
  const measured = [
    ['median (least–most)', ...figures.map(([, { title }]) => title)],
    ...only.map((id) => [
      `${id.padEnd(2)}  ${VARIANTS[id].name}`,
      ...figures.map(([figure, { format }]) =>
        spread(summary(rounds.map((round) => round[id][figure])), format),
      ),
    ]),
  ];
  const compared = [
    ['ratio, within each round', 'median (least–most)', 'aim', ''],
    ...ratios.map((ratio) => [
      `${FIGURES[ratio.figure].title}: ${ratio.of} / ${ratio.to}`,
      spread(ratio, decimals(2)),
      aimOf(ratio),
      ratio.met === undefined ? '' : ratio.met ? 'met' : 'missed',
    ]),
  ];
  return [
    `${machineLine()}; ${count} rounds of ${seconds} s, ${connections} connections, ${keys} keys`,
    '',
    table(measured),
    '',
    ...only.map((id) => whoWasBusy(id, rounds)),
    ...(only.includes('d') ? ["CPU of d is the server's alone: PostgreSQL's is not in it."] : []),
    '',
    table(compared),
  ].join('\n');
}

function aimOf({ atLeast, atMost }) {
  if (atLeast !== undefined) return `at least ${atLeast}`;
  return atMost === undefined ? '' : `at most ${atMost}`;
}

/** Is it the server that was measured, or the load generator, or what else runs on this machine? */
function whoWasBusy(id, rounds) {
  const of = (share) => summary(rounds.map((round) => round[id][share]));
  const wrk = of('wrkShare').most;
  const server = of('serverShare').least;
  const others = of('others').most;
  const shares = `wrk at most ${percent(wrk)} of its core, the server at least ${percent(server)}`;
  if (others > 0.05) {
    return `${id}: something else took up to ${percent(others)} of the server's core: measure again (${shares}).`;
  }
  if (wrk > 0.9) return `${id}: wrk was at its limit, the server may do more (${shares}).`;
  if (server < 0.9) return `${id}: the server waited for something (${shares}).`;
  return `${id}: the server was at its limit, wrk was not (${shares}).`;
}
