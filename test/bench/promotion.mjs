/**
 * `npm run bench:promotion`: how long does it take, and how much memory, to put so many packages live, and one more
 * upon them? Beside the plain tool (createrepo_c, aptly) on the very same files, once without and once with signatures.
 */
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { load } from '../support/typescript.mjs';
import { makePackages } from './support/bench-packages.mjs';
import { interrupted, runBenchmark, tell } from './support/benchmark.mjs';
import { report } from './support/promotion-report.mjs';
import { describeMachine } from './support/machine.mjs';
import { makeKeyring, plainTools } from './support/plain-publish.mjs';
import { watchMemory } from './support/process-figures.mjs';

const { startPackyard } = load('test/support/packyard-process.ts');

const USAGE =
  'npm run bench:promotion -- [--packages 1,100,1000] [--formats rpm,deb] [--rounds 3] [--json FILE]';

const TARGETS = { rpm: 'el9-x86_64', deb: 'bookworm-all' };

await runBenchmark(async (stopLater) => {
  const { sizes, formats, rounds, json } = readOptions();
  const folder = await mkdtemp(join(tmpdir(), 'packyard-bench-'));
  stopLater(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o711); // as root the database runs as another user, who has to reach it

  const keyring = await makeKeyring(await newFolder(folder));
  stopLater(() => keyring.close());

  const results = [];
  for (const format of formats) {
    const most = Math.max(...sizes) + 1;
    tell(`Making ${most} packages (${format})…`);
    const files = await makePackages[format](await newFolder(folder), most);
    for (const size of sizes) {
      results.push(...(await measure({ format, size, rounds, files, folder, keyring })));
    }
  }
  console.log(report(results, describeMachine()));
  if (json) {
    const result = { machine: describeMachine(), results };
    await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
  }
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      packages: { type: 'string', default: '1,100,1000' },
      formats: { type: 'string', default: 'rpm,deb' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'string' },
    },
  });
  const sizes = values.packages.split(',').map(Number);
  const formats = values.formats.split(',');
  const rounds = Number(values.rounds);
  const isCount = (value) => Number.isInteger(value) && value >= 1;
  if (![...sizes, rounds].every(isCount) || !formats.every((each) => each in TARGETS)) {
    throw new Error(`Usage: ${USAGE}`);
  }
  return { sizes, formats, rounds, json: values.json };
}

/** In each round a publication of its own, by turns with the plain tool: first so many, then one more. */
async function measure({ format, size, rounds, files, folder, keyring }) {
  const series = Array.from({ length: rounds }, (_, i) => `round${i + 1}`);
  const packyard = await start(folder, series);
  try {
    const found = { first: [], more: [] };
    for (const round of series) {
      tell(`${size} packages (${format}), ${round} of ${rounds}…`);
      const publish = await plainTools[format](await newFolder(folder));
      const publishSigned = await plainTools[format](await newFolder(folder), keyring);
      const place = { component: 'core', series: round, format, target: TARGETS[format] };
      for (const [what, some] of [
        ['first', files.slice(0, size)],
        ['more', files.slice(size, size + 1)],
      ]) {
        interrupted.throwIfAborted();
        const plain = await publish(some);
        const signed = await publishSigned(some);
        await stage(packyard, place, some);
        found[what].push({ plain, signed, packyard: await promote(packyard, place) });
        await untilTidied(packyard, place);
      }
    }
    return Object.entries(found).map(([what, all]) => ({ format, size, what, rounds: all }));
  } finally {
    await packyard.stop();
  }
}

/** Packyard as a first run has it: a database, and keys to sign with, of its own. */
async function start(folder, series) {
  const own = await newFolder(folder);
  await chmod(own, 0o711);
  const staging = join(own, 'staging');
  const catalogue = join(own, 'packyard.yml');
  for (const each of [staging, join(own, 'gpg')]) await mkdir(each);
  await writeFile(
    catalogue,
    `components:
  - name: core
    series: [${series.join(', ')}]
    rpm: { targets: [el9-x86_64] }
    deb: { distributions: [bookworm], architectures: [amd64] }
`,
  );
  const packyard = await startPackyard({
    env: {
      PACKYARD_DATA_DIR: join(own, 'data'),
      PACKYARD_CONFIG: catalogue,
      PUBLIC_KEYS_DIR: join(own, 'gpg'),
      STAGING_URL: staging,
      AUTH_LISTEN: '',
      ADMIN_LISTEN: '127.0.0.1:0',
      METRICS_LISTEN: '',
      GATEWAY_LISTEN: '127.0.0.1:0',
    },
  });
  return { ...packyard, staging };
}

function stagingFolder({ staging }, { component, series, format, target }) {
  return join(staging, component, series, format, target);
}

/** What was staged is moved away once it is live, and the next promotion of the publication waits for that. */
async function untilTidied(packyard, place) {
  while ((await readdir(stagingFolder(packyard, place)).catch(() => [])).length > 0) {
    await sleep(100, undefined, { signal: interrupted });
  }
}

async function stage(packyard, place, files) {
  const folder = stagingFolder(packyard, place);
  await mkdir(folder, { recursive: true });
  for (const file of files) {
    const name = basename(file);
    const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
    await copyFile(file, join(folder, name));
    await writeFile(join(folder, `${name}.sha256`), `${sum}  ${name}\n`);
  }
}

/** @returns seconds from the order until it is live, those of each step, and megabytes at most */
async function promote({ admin, pid }, place) {
  const memory = watchMemory(pid);
  const ordered = await call(`${admin}/api/v1/promotions`, place);
  for (;;) {
    const { state, error, warnings, steps, created_at, finished_at } = await call(
      `${admin}/api/v1/promotions/${ordered.id}`,
    );
    if (finished_at !== null) {
      const megabytes = memory();
      if (state !== 'live') {
        const why = [error?.message, ...warnings].filter(Boolean).join(' ');
        throw new Error(`a promotion ended ${state}: ${why}`);
      }
      return {
        seconds: secondsFrom(created_at, finished_at),
        steps: Object.fromEntries(
          steps.map(({ name, started_at, finished_at: end }) => [
            name,
            secondsFrom(started_at, end),
          ]),
        ),
        megabytes,
      };
    }
    await sleep(100, undefined, { signal: interrupted });
  }
}

async function call(url, body) {
  const answer = await fetch(url, {
    ...(body && {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function newFolder(folder) {
  return mkdtemp(join(folder, 'own-'));
}

function secondsFrom(from, to) {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}
