import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { adminApi } from '../support/admin-api.js';
import { ask, statusOf } from '../support/ask.js';
import {
  forkEmbeddedPostgres,
  type EmbeddedPostgresProcess,
} from '../support/fork-embedded-postgres.js';
import { install, type Installation } from '../support/installation.js';
import type { RunningPackyard } from '../support/packyard-process.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const MAX_STALENESS = 6; // seconds
const AUTH_ONLY = { ADMIN_LISTEN: '', METRICS_LISTEN: '', GATEWAY_LISTEN: '' };

let folder: string;
let postgres: EmbeddedPostgresProcess;
let packyard: Installation;
let other: RunningPackyard;
let live: string;

const startPostgres = () => forkEmbeddedPostgres({ dataDir: join(folder, 'data') });
const cluster = () => join(postgres.folder, 'data');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-history-'));
  await chmod(folder, 0o711);
  await writeFile(join(folder, 'clock'), '0');
  postgres = await startPostgres();
  packyard = await install({
    env: {
      DATABASE_URL: postgres.url,
      AUTH_MAX_STALENESS: String(MAX_STALENESS),
      NODE_OPTIONS: `--require ${resolve('test/support/steppable-clock.cjs')}`,
      STEPPABLE_CLOCK_FILE: join(folder, 'clock'),
    },
  });
  other = await packyard.startAnother(AUTH_ONLY);
  live = (await packyard.createKey()).key;
  await until(async () => (await statusOf(other.auth, live)) === 200);
});
afterAll(async () => {
  await packyard.remove();
  await postgres.stop();
  await rm(folder, { recursive: true });
});

const processes = () => [packyard.auth, other.auth];
const everywhere = (key: string, status: number) =>
  Promise.all(
    processes().map((auth) => until(async () => (await statusOf(auth, key)) === status, 20_000)),
  );

/** The server's own process; its children depend on it. */
async function postmaster(): Promise<number> {
  return Number((await readFile(join(cluster(), 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** Asks all the while that `work` goes on, and says which statuses came back. */
async function statusesWhile(key: string, work: () => Promise<void>): Promise<number[]> {
  const seen = new Set<number>();
  let done = false;
  const asking = processes().map(async (auth) => {
    while (!done) seen.add(await statusOf(auth, key));
  });
  await work();
  done = true;
  await Promise.all(asking);
  return [...seen].sort();
}

describe('a database', () => {
  it('that restarts within the bound costs no subscriber anything', async () => {
    const seen = await statusesWhile(live, async () => {
      await postgres.stop();
      await new Promise((resolve) => setTimeout(resolve, 500));
      postgres = await startPostgres();
      await until(async () => (await adminApi(packyard.admin).get('/api/v1/keys')).status === 200);
    });
    expect(seen).toEqual([200]);
  });

  it('that is killed and recovers within the bound costs no subscriber anything', async () => {
    const seen = await statusesWhile(live, async () => {
      process.kill(await postmaster(), 'SIGKILL');
      await postgres.stop().catch(() => undefined);
      postgres = await startPostgres();
      await until(async () => (await adminApi(packyard.admin).get('/api/v1/keys')).status === 200);
    });
    expect(seen).toEqual([200]);
  });

  it('that is paused (SIGSTOP) is outlived until the bound, and no longer', async () => {
    const { id, key } = await packyard.createKey();
    await everywhere(key, 200);
    const since = performance.now();
    const pid = await postmaster();
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]);
    const all = [pid, ...stdout.trim().split(/\s+/).map(Number)];
    all.forEach((each) => process.kill(each, 'SIGSTOP'));
    try {
      for (const auth of processes()) await ask(auth, key).expect(200);
      await everywhere(key, 503);
      expect(performance.now() - since).toBeLessThan((MAX_STALENESS + 1) * 1000);
      await adminApi(packyard.admin).delete(`/api/v1/keys/${id}`).expect(503);
    } finally {
      all.forEach((each) => process.kill(each, 'SIGCONT'));
    }
    await everywhere(live, 200);
    // The revocation was answered 503, so it may have been made or not; made again, it is.
    await adminApi(packyard.admin).delete(`/api/v1/keys/${id}`).expect(204);
    await everywhere(key, 401);
  });

  it('that is replaced by an older copy of itself is noticed, be it at the same revision', async () => {
    await postgres.stop();
    await run('cp', ['-a', cluster(), join(folder, 'copy')]);
    postgres = await startPostgres();
    await until(async () => (await adminApi(packyard.admin).get('/api/v1/keys')).status === 200);
    const lost = await packyard.createKey({ component: 'core', label: 'made after the copy' });
    await everywhere(lost.key, 200);

    await postgres.stop();
    await rm(cluster(), { recursive: true });
    await run('cp', ['-a', join(folder, 'copy'), cluster()]);
    postgres = await startPostgres();
    // Two changes here as well: the number of the newest revision is what it was, or more.
    await until(async () => (await adminApi(packyard.admin).get('/api/v1/keys')).status === 200);
    const other = await packyard.createKey({ component: 'core', label: 'made after the restore' });
    await everywhere(lost.key, 401);
    await everywhere(other.key, 200);
    await everywhere(live, 200);
  });
});

describe('the wall clock', () => {
  const HOUR = 3_600_000;
  afterAll(() => writeFile(join(folder, 'clock'), '0'));

  it.each([
    ['forward', HOUR],
    ['back', -HOUR],
  ])('set %s by an hour makes nothing stale', async (_, offset) => {
    const seen = await statusesWhile(live, async () => {
      await writeFile(join(folder, 'clock'), String(offset));
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    });
    expect(seen).toEqual([200]);
  });

  it('set back does not lengthen the life of a key whose revocation was missed', async () => {
    const { id, key } = await packyard.createKey();
    await everywhere(key, 200);
    await writeFile(join(folder, 'clock'), String(-HOUR));
    await adminApi(packyard.admin).delete(`/api/v1/keys/${id}`).expect(204);
    await everywhere(key, 401);
  });
});
