/**
 * `npm run bench:flood`: does a flood of keys that nobody was given harm those who have one?
 *
 * Good keys ask at a modest, fixed rate, alone and then beside a flood in which every request has
 * another well-formed key. Before that, the database's transactions are counted while nobody asks.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { interrupted, runBenchmark, tell } from './support/benchmark.mjs';
import { decimals, percent, table, whole } from './support/figures.mjs';
import { cores, describeMachine, machineLine } from './support/machine.mjs';
import { goodRequests } from './support/requests.mjs';
import { makeKeys, startPackyard, startPostgres } from './support/subject.mjs';
import { requireWrk, runWrk } from './support/wrk.mjs';

const USAGE = 'npm run bench:flood -- [--seconds 30] [--connections 32] [--keys 200] [--json FILE]';

/** Good requests: so many connections, each with a pause in milliseconds after an answer. */
const GOOD_CONNECTIONS = 8;
const GOOD_PAUSE = 10;
const WARM_UP_SECONDS = 3;
/** Milliseconds: PostgreSQL's sessions tell what they did after 10 s of idleness at the latest. */
const STATISTICS_DELAY = 12_000;
const URI = '/rpm/core/2025/el9-x86_64/repodata/repomd.xml';

await runBenchmark(async (stopLater) => {
  const options = readOptions();
  const { seconds, connections } = options;
  requireWrk();
  const folder = await mkdtemp(join(tmpdir(), 'packyard-bench-'));
  stopLater(() => rm(folder, { recursive: true }));
  const postgres = await startPostgres(stopLater);
  const packyard = await startPackyard(stopLater);
  const goodFile = join(folder, 'good.http');
  await writeFile(goodFile, goodRequests(await makeKeys(packyard, options.keys)));

  const target = { url: `${packyard.auth}/auth`, pid: packyard.pid };
  const askWithGoodKeys = (forSeconds) =>
    runWrk({
      ...target,
      settings: { REQUESTS_FILE: goodFile, EXPECTED_STATUS: 200, PAUSE: GOOD_PAUSE },
      connections: GOOD_CONNECTIONS,
      seconds: forSeconds,
    });
  const flood = (forSeconds) =>
    runWrk({
      ...target,
      script: 'unknown-keys.lua',
      settings: { REQUEST_URI: URI, EXPECTED_STATUS: 401 },
      connections,
      seconds: forSeconds,
      core: cores.otherLoad,
      // Where both share a core, the flood must not keep the good requests' own clock waiting.
      prefix: ['nice', '-n', '19'],
    });
  const countTransactions = await transactionCounter(postgres.url, packyard.database.url);
  stopLater(countTransactions.end);

  tell('Warming up…');
  await flood(WARM_UP_SECONDS);
  await askWithGoodKeys(WARM_UP_SECONDS);
  await sleep(STATISTICS_DELAY, undefined, { signal: interrupted });

  tell(`Idle for ${seconds} s…`);
  const idle = await countTransactions.during(() =>
    sleep(seconds * 1000, undefined, { signal: interrupted }),
  );
  tell(`Good keys alone for ${seconds} s…`);
  const alone = await countTransactions.during(() => askWithGoodKeys(seconds));
  const memoryBefore = await memoryOf(packyard);
  tell(`Good keys beside a flood for ${seconds} s…`);
  const beside = await countTransactions.during(() =>
    Promise.all([askWithGoodKeys(seconds), flood(seconds)]),
  );
  const memoryAfter = await memoryOf(packyard);

  const result = {
    machine: describeMachine(),
    options: { seconds, connections, keys: options.keys },
    alone: alone.result,
    beside: beside.result[0],
    flood: beside.result[1],
    memory: { before: memoryBefore, after: memoryAfter },
    transactions: {
      idle: idle.transactions,
      alone: alone.transactions,
      beside: beside.transactions,
    },
  };
  console.log(report(result));
  if (options.json) await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '30' },
      connections: { type: 'string', default: '32' },
      keys: { type: 'string', default: '200' },
      json: { type: 'string' },
    },
  });
  const numbers = Object.fromEntries(
    ['seconds', 'connections', 'keys'].map((name) => [name, Number(values[name])]),
  );
  if (!Object.values(numbers).every((value) => Number.isInteger(value) && value > 0)) {
    throw new Error(`Usage: ${USAGE}`);
  }
  return { ...numbers, json: values.json };
}

/** Counts what the server's database committed. It asks from another database, and is not in it itself. */
async function transactionCounter(elsewhere, databaseUrl) {
  const database = new URL(databaseUrl).pathname.slice(1);
  const client = new pg.Client({ connectionString: elsewhere });
  await client.connect();
  const committed = async () => {
    const { rows } = await client.query(
      'SELECT xact_commit::int AS count FROM pg_stat_database WHERE datname = $1',
      [database],
    );
    return rows[0].count;
  };
  return {
    async during(work) {
      const before = await committed();
      const result = await work();
      return { result, transactions: (await committed()) - before };
    },
    end: () => client.end(),
  };
}

/** Megabytes, as the process itself tells them. */
async function memoryOf({ metrics }) {
  const text = await (await fetch(`${metrics}/metrics`)).text();
  const megabytes = (name) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)[1]) / 1e6;
  return {
    resident: megabytes('process_resident_memory_bytes'),
    heap: megabytes('nodejs_heap_size_used_bytes'),
  };
}

function report({ options, alone, beside, flood, memory, transactions }) {
  const milliseconds = decimals(2);
  const load = (name, { requestsPerSecond, p50, p99, p999, wrkShare, serverShare, others }) => [
    name,
    whole(requestsPerSecond),
    ...[p50, p99, p999].map(milliseconds),
    ...[wrkShare, serverShare, others].map(percent),
  ];
  return [
    `${machineLine()}; windows of ${options.seconds} s, ${options.keys} keys`,
    '',
    table([
      [
        '',
        'requests/s',
        'p50 ms',
        'p99 ms',
        'p99.9 ms',
        "wrk's core",
        "server's core",
        'others there',
      ],
      load('good keys, alone', alone),
      load('good keys, beside the flood', beside),
      load(`flood of unknown keys (${options.connections} connections)`, flood),
    ]),
    '',
    table([
      ['memory, MB', 'resident', 'heap'],
      ['before the flood', whole(memory.before.resident), decimals(1)(memory.before.heap)],
      [
        `after ${flood.requests} unknown keys`,
        whole(memory.after.resident),
        decimals(1)(memory.after.heap),
      ],
    ]),
    '',
    table([
      ["the database's transactions", 'in the window'],
      ['nobody asks', whole(transactions.idle)],
      ['good keys, alone', whole(transactions.alone)],
      ['good keys, beside the flood', whole(transactions.beside)],
    ]),
    'Idle: the feed asks twice a second and reports every 5 s. When somebody asks: counts are written',
    'every 10 s besides, in one transaction, however many requests there were.',
  ].join('\n');
}
