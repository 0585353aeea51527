/**
 * `npm run bench:stack`: the whole path, over HTTPS, of the compose file's stack on this machine: how long Traefik
 * waits for a decision while 500 subscribers fetch metadata and packages, and what asking costs at saturation.
 */
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load } from '../support/typescript.mjs';
import { makePackages } from './support/bench-packages.mjs';
import { interrupted, runBenchmark, tell } from './support/benchmark.mjs';
import { decimals, spread, summary, table, whole } from './support/figures.mjs';
import { describeMachine } from './support/machine.mjs';
import { durationsOf, quantileBetween } from './support/traefik-histogram.mjs';
import { requireWrk } from './support/wrk.mjs';

const { Stack, DOMAIN } = load('test/stack/support/stack.ts');

const AIM = { p95: 5 };
const PACKAGES = 20;
/** The same file server behind the same proxy, and nobody is asked. */
const OPEN = 'open.example.org';
const OPEN_ROUTER = `http:
  routers:
    open:
      entryPoints: [https]
      rule: 'Host(\`${OPEN}\`)'
      priority: 200
      middlewares: [open-scope]
      service: rpm
  middlewares:
    open-scope:
      headers:
        customRequestHeaders: { X-Packyard-Scope: /rpm/core/, Authorization: '' }
`;
const TREE = '/rpm/core/2025/el9-x86_64';
const scripts = fileURLToPath(new URL('./wrk/', import.meta.url));

await runBenchmark(async (stopLater) => {
  const options = readOptions();
  requireWrk();
  tell('Starting the stack…');
  const stack = await Stack.start();
  stopLater(() => stack.stop());
  await writeFile(join(stack.checkout, 'deploy/traefik/dynamic/open.yml'), OPEN_ROUTER);
  await stack.compose('up', '--detach');
  await stack.settled();

  tell(`Publishing ${PACKAGES} packages, making ${options.connections} keys…`);
  const paths = await publish(stack);
  const keys = [];
  for (let i = 0; i < options.connections; i += 1) {
    interrupted.throwIfAborted();
    keys.push((await stack.keys.createKey('core')).key);
  }
  const files = {};
  for (const host of [DOMAIN, OPEN]) files[host] = await writeRequests(stack, host, paths, keys);

  const under = (host, seconds, meanPause) =>
    runSubscribers(stack, { ...options, seconds, meanPause, file: files[host] });
  await under(DOMAIN, 10);

  tell(`${options.connections} subscribers, each asking every ${options.pause / 1000} s…`);
  const before = await durationsOf('auth@file');
  const steady = await under(DOMAIN, options.seconds * 2, options.pause);
  const decision = quantileBetween(before, await durationsOf('auth@file'), 0.95);

  const rounds = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    tell(`At saturation, round ${round} of ${options.rounds}…`);
    const open = await under(OPEN, options.seconds);
    const asked = await under(DOMAIN, options.seconds);
    rounds.push({ open, asked, ratio: asked.requestsPerSecond / open.requestsPerSecond });
  }
  const memory = await stack.mustRun(
    'docker',
    ...['stats', '--no-stream', '--format', '{{.Name}}\t{{.MemUsage}}'],
  );
  const result = { machine: describeMachine(), options, aim: AIM, steady, decision, rounds };
  console.log(report(result));
  console.log(`\nMemory, and its limit:\n${memory.trim().split('\n').sort().join('\n')}`);
  if (options.json) await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
});

function readOptions() {
  const number = (text) => ({ type: 'string', default: text });
  const { values } = parseArgs({
    options: {
      connections: number('500'),
      seconds: number('30'),
      rounds: number('5'),
      pause: number('2000'), // milliseconds between two requests of one subscriber
      json: { type: 'string' },
    },
  });
  const { json, ...numbers } = values;
  const read = Object.fromEntries(
    Object.entries(numbers).map(([name, text]) => [name, Number(text)]),
  );
  if (!Object.values(read).every((value) => Number.isInteger(value) && value > 0)) {
    throw new Error(
      'Usage: npm run bench:stack -- [--connections 500] [--seconds 30] [--rounds 5] [--pause 2000] [--json FILE]',
    );
  }
  return { ...read, json };
}

/** @returns the paths that a subscriber fetches: the metadata as often as the packages together */
async function publish(stack) {
  const folder = join(stack.folder, 'bench-packages');
  await mkdir(folder);
  const packages = await makePackages.rpm(folder, PACKAGES);
  await stack.ci.promote('core', 'rpm', 'el9-x86_64', packages);
  const { key } = await stack.keys.createKey('core');
  const { body } = await stack.get(`${TREE}/repodata/repomd.xml`, key);
  const primary = /repodata\/[^"]+-primary\.xml\.gz/.exec(body)?.[0];
  if (!primary) throw new Error(`no primary metadata in\n${body}`);
  const metadata = [`${TREE}/repodata/repomd.xml`, `${TREE}/${primary}`];
  const [release] = await (
    await fetch(`${stack.admin}/api/v1/releases?component=core&format=rpm`)
  ).json();
  const paths = release.packages.flatMap(({ path }, i) => [metadata[i % 2], `${TREE}/${path}`]);
  for (const path of paths) {
    const { status } = await stack.get(path, key);
    if (status !== 200) throw new Error(`${path} is answered ${status}`);
  }
  return paths;
}

async function writeRequests(stack, host, paths, keys) {
  const file = join(stack.folder, `requests-${host}`);
  const requests = keys.flatMap((key, i) => {
    const credentials = Buffer.from(`subscriber:${key}`).toString('base64');
    return [0, 1].map(
      (next) =>
        `GET ${paths[(2 * i + next) % paths.length]} HTTP/1.1\r\nHost: ${host}\r\n` +
        `Authorization: Basic ${credentials}\r\nUser-Agent: libdnf\r\n\r\n`,
    );
  });
  await writeFile(file, requests.join(''), { mode: 0o600 });
  return file;
}

/** One wrk; any answer but 200, and any that did not come, is an error. */
async function runSubscribers(stack, { connections, seconds, file, meanPause }) {
  interrupted.throwIfAborted();
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '--latency'];
  const [command, ...args] = [
    ...stack.knowingTheName,
    ...wrk,
    ...['-s', 'subscribers.lua', stack.site],
  ];
  const child = spawn(command, args, {
    cwd: scripts,
    env: {
      PATH: process.env.PATH,
      REQUESTS_FILE: file,
      EXPECTED_STATUS: '200',
      ...(meanPause && { MEAN_PAUSE: String(meanPause) }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: interrupted,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  const line = output.split('\n').find((each) => each.startsWith('{'));
  if (code !== 0 || !line) throw new Error(`wrk failed (${code}):\n${output}`);
  const { requests, microseconds, p50, p99, unexpected, status, lost } = JSON.parse(line);
  if (requests === 0 || unexpected > 0 || lost > 0) {
    throw new Error(
      `of ${requests} answers ${unexpected} were wrong (${status}) and ${lost} were lost`,
    );
  }
  return {
    requests,
    requestsPerSecond: requests / (microseconds / 1e6),
    p50: p50 / 1000,
    p99: p99 / 1000,
  };
}

function report({ machine, options, steady, decision, rounds }) {
  const p95 = decision.seconds * 1000;
  const row = (name, seen) => [
    name,
    spread(summary(rounds.map((round) => seen(round).requestsPerSecond)), whole),
    spread(summary(rounds.map((round) => seen(round).p50)), whole),
    spread(summary(rounds.map((round) => seen(round).p99)), whole),
  ];
  return [
    `${machine.cpu}, ${machine.cores} cores shared by all of it and wrk; ${options.connections} connections over TLS`,
    '',
    `At ${whole(steady.requestsPerSecond)} requests/s: p95 of ${decision.count} decisions, as Traefik sees them, ` +
      `${decimals(1)(p95)} ms (aim ${AIM.p95} ms: ${p95 <= AIM.p95 ? 'met' : 'missed'}); ` +
      `of whole requests p50 ${decimals(1)(steady.p50)} ms, p99 ${decimals(1)(steady.p99)} ms. No errors.`,
    '',
    table([
      [`at saturation, ${rounds.length} rounds`, 'requests/s', 'p50, ms', 'p99, ms'],
      row('nobody is asked', ({ open }) => open),
      row('as it is', ({ asked }) => asked),
    ]),
    '',
    `Ratio: ${spread(summary(rounds.map(({ ratio }) => ratio)), decimals(2))}. No errors.`,
  ].join('\n');
}
