/**
 * `npm run bench:load`: how long until an auth process can decide, and how much memory does it take,
 * with so many keys?
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { load } from '../support/typescript.mjs';
import { interrupted, runBenchmark, tell } from './support/benchmark.mjs';
import { decimals, table, whole } from './support/figures.mjs';
import { describeMachine } from './support/machine.mjs';
import { memory } from './support/process-figures.mjs';
import { startPostgres } from './support/subject.mjs';

const { CATALOGUE } = load('test/support/installation.ts');
const { createTestDatabase } = load('test/support/test-database.ts');
const { startPackyard } = load('test/support/packyard-process.ts');
const { ask } = load('test/support/ask.ts');

const USAGE = 'npm run bench:load -- [--keys 1000,100000,1000000] [--json FILE]';

/** With a million keys. */
const AIM = { keys: 1_000_000, seconds: 10, megabytes: 400 };

const SETTLE = 5_000;
const READY_TIMEOUT = 120_000;

/** The secret of key number n, in the imported form, as the database makes it too. */
const secretOf = (n) => createHash('sha256').update(`benchmark key ${n}`).digest('hex');
const SECRET = `encode(sha256(convert_to('benchmark key ' || n, 'UTF8')), 'hex')`;

/** Version 7, as the server makes them: they begin with the time. */
const ID = `(lpad(to_hex(1763900000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 3)
  || '8' || substr(md5(n::text), 4, 15))::uuid`;

const FILL = `
  INSERT INTO key (id, label, customer, components, expires_at, created_at)
  SELECT ${ID}, 'Benchmark ' || n, 'Customer ' || n % 1000,
         CASE n % 4 WHEN 0 THEN ARRAY['core', 'minion'] WHEN 1 THEN ARRAY['minion'] ELSE ARRAY['core'] END,
         CASE WHEN n % 2 = 0 THEN now() + interval '1 year' END, now()
    FROM generate_series(1, $1::bigint) AS n`;
const FILL_SECRETS = `
  INSERT INTO key_secret (hash, key_id, hint, created_at)
  SELECT sha256(convert_to(${SECRET}, 'UTF8')), ${ID}, '…' || right(${SECRET}, 4), now()
    FROM generate_series(1, $1::bigint) AS n`;

await runBenchmark(async (stopLater) => {
  const { sizes, json } = readOptions();
  const folder = await mkdtemp(join(tmpdir(), 'packyard-bench-'));
  stopLater(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'packyard.yml'), CATALOGUE);
  await startPostgres(stopLater);

  const loads = [];
  for (const keys of sizes) loads.push(await measure(keys, folder, stopLater));
  console.log(report(loads));
  if (json) {
    const result = { machine: describeMachine(), aim: AIM, loads };
    await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
  }
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      keys: { type: 'string', default: '1000,100000,1000000' },
      json: { type: 'string' },
    },
  });
  const sizes = values.keys.split(',').map(Number);
  if (!sizes.every((size) => Number.isInteger(size) && size >= 10)) {
    throw new Error(`Usage: ${USAGE}`);
  }
  return { sizes, json: values.json };
}

async function measure(keys, folder, stopLater) {
  interrupted.throwIfAborted();
  const database = await createTestDatabase();
  stopLater(() => database.drop());
  const env = {
    DATABASE_URL: database.url,
    PACKYARD_DATA_DIR: folder,
    PACKYARD_CONFIG: join(folder, 'packyard.yml'),
    GATEWAY_LISTEN: '',
    METRICS_LISTEN: '127.0.0.1:0',
  };

  tell(`Making ${keys} keys…`);
  const admin = await startPackyard({
    env: { ...env, AUTH_LISTEN: '', ADMIN_LISTEN: '127.0.0.1:0' },
  });
  await admin.stop();
  await fill(database.url, keys);

  interrupted.throwIfAborted();
  tell(`Starting with ${keys} keys…`);
  const startedAt = performance.now();
  const auth = await startPackyard({
    env: { ...env, AUTH_LISTEN: '127.0.0.1:0', ADMIN_LISTEN: '' },
  });
  stopLater(() => auth.stop());
  await ready(auth, startedAt);
  const readyAfter = (performance.now() - startedAt) / 1000;
  const { milliseconds } = auth.logs.find(({ msg }) => msg === 'loaded keys and catalogue');

  await sleep(SETTLE, undefined, { signal: interrupted });
  const used = memory(auth.pid);
  await decides(auth, keys);
  await auth.stop();
  return { keys, readyAfter, loaded: milliseconds / 1000, ...used };
}

async function fill(url, keys) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of [FILL, FILL_SECRETS]) {
      interrupted.throwIfAborted();
      await client.query(statement, [keys]);
    }
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

async function ready({ auth }, startedAt) {
  while ((await fetch(`${auth}/health/ready`)).status !== 200) {
    if (performance.now() - startedAt > READY_TIMEOUT) throw new Error('it was not ready in time');
    await sleep(10, undefined, { signal: interrupted });
  }
}

/** A key from the beginning, the middle and the end is let through; one that was not made is not. */
async function decides({ auth }, keys) {
  // Numbers 2, 6, 10, … have the component that is asked for.
  const withCore = [0, keys / 2, keys - 4].map((n) => 4 * Math.floor(n / 4) + 2);
  for (const n of [...withCore, keys + 1]) {
    const expected = n > keys ? 401 : 200;
    const { status } = await ask(auth, secretOf(n));
    if (status !== expected) throw new Error(`key ${n} was answered ${status}, not ${expected}`);
  }
}

function report(loads) {
  const { cpu, cores, node } = describeMachine();
  const biggest = loads.find(({ keys }) => keys === AIM.keys);
  const isMet = (value, aim) => (value <= aim ? 'met' : 'missed');
  return [
    `Node ${node}, ${cpu}, ${cores} cores`,
    '',
    table([
      ['keys', 'start to ready, s', 'of it loading, s', 'resident, MB', 'at most, MB'],
      ...loads.map(({ keys, readyAfter, loaded, resident, peak }) => [
        String(keys),
        ...[readyAfter, loaded].map(decimals(2)),
        ...[resident, peak].map(whole),
      ]),
    ]),
    ...(biggest
      ? [
          '',
          `Aim with ${AIM.keys} keys: ready in ${AIM.seconds} s: ${isMet(biggest.readyAfter, AIM.seconds)}; ` +
            `${AIM.megabytes} MB resident: ${isMet(biggest.resident, AIM.megabytes)}, ` +
            `at any time: ${isMet(biggest.peak, AIM.megabytes)}`,
        ]
      : []),
  ].join('\n');
}
