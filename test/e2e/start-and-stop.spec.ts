import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import request from 'supertest';
import { adminApi } from '../support/admin-api.js';
import { startPackyard, type RunningPackyard } from '../support/packyard-process.js';
import { CATALOGUE } from '../support/installation.js';

const PORTS = {
  AUTH_LISTEN: '127.0.0.1:0',
  ADMIN_LISTEN: '127.0.0.1:0',
  METRICS_LISTEN: '127.0.0.1:0',
  GATEWAY_LISTEN: '127.0.0.1:0',
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-start-'));
  await chmod(folder, 0o711); // as root the database runs as another user, who has to reach it
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (env: Record<string, string> = {}) =>
  startPackyard({ env: { ...PORTS, PACKYARD_DATA_DIR: join(folder, 'data'), ...env } });

/** A start that must not succeed: its exit code, and what it said to the person. */
async function failToStart(env: Record<string, string>): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [resolve('dist/src/main.js')], {
    env: { PATH: process.env.PATH, ...PORTS, PACKYARD_DATA_DIR: join(folder, 'data'), ...env },
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  child.stdout.resume();
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

const auth = (packyard: RunningPackyard, key: string) =>
  request(packyard.auth)
    .get('/auth')
    .set({ 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/rpm/core/2025/el9-x86_64/x' })
    .auth('subscriber', key);

const createKey = async (packyard: RunningPackyard): Promise<string> =>
  (
    await adminApi(packyard.admin)
      .post('/api/v1/keys')
      .send({ component: 'core', label: 'x' })
      .expect(201)
  ).body.key;

/** The processes whose command line or working folder has this in it. */
async function processesOf(path: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(path)) found.push(pid);
  }
  return found;
}

describe('the embedded default', () => {
  it('starts from nothing, says what to do next, and stops its database with it', async () => {
    const packyard = await start();
    const said = packyard.logs.map(({ msg }) => msg).join('\n');
    for (const url of [packyard.admin, packyard.gateway, packyard.auth, packyard.metrics])
      expect(said).toContain(url);
    expect(said).toContain(`curl -s -X POST ${packyard.admin}/api/v1/keys`);
    expect(said).toContain(
      `STAGING_URL=${join(folder, 'data/staging')} bin/packyard promote core 2025 rpm`,
    );
    expect(said).toContain('development signing keys');

    await request(packyard.gateway)
      .get('/gpg/lts.asc')
      .expect(200)
      .expect(/BEGIN PGP PUBLIC KEY BLOCK/);
    const key = await createKey(packyard);
    await auth(packyard, key).expect(200);
    expect(JSON.stringify(packyard.logs)).not.toContain(key);

    expect(await packyard.stop()).toBe(0);
    expect(await processesOf(folder)).toEqual([]);

    const again = await start();
    await auth(again, key).expect(200);
    expect(again.logs.map(({ msg }) => msg).join('\n')).not.toContain('Made development');
    expect(await again.stop()).toBe(0);
  });

  it('recovers from kill -9 of the whole tree, losing nothing', async () => {
    const packyard = await start();
    const key = await createKey(packyard);
    const pids = await processesOf(folder);
    expect(pids).not.toEqual([]);
    process.kill(packyard.pid, 'SIGKILL');
    for (const pid of pids) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // gone with its parent already
      }
    }
    const again = await start();
    await auth(again, key).expect(200);
    await again.stop();
  });

  it('recovers from kill -9 of Packyard alone', async () => {
    const packyard = await start();
    const key = await createKey(packyard);
    await packyard.kill();
    const again = await start();
    await auth(again, key).expect(200);
    await again.stop();
  });

  it('finishes requests in flight when it is told to stop, twice over', async () => {
    const packyard = await start();
    process.kill(packyard.pid, 'SIGINT');
    process.kill(packyard.pid, 'SIGINT');
    expect(await packyard.stop()).toBe(0);
    expect(await processesOf(folder)).toEqual([]);
  });
});

describe('what keeps it from starting is said once, by its setting', () => {
  it('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, said } = await failToStart({ ADMIN_LISTEN: `127.0.0.1:${port}` });
    expect(code).toBe(1);
    expect(said).toMatch(
      `Cannot listen on 127.0.0.1:${port} (ADMIN_LISTEN): something else listens there already.`,
    );
    expect(said).not.toContain('    at ');
    expect(await processesOf(folder)).toEqual([]);
    other.close();
  });

  it('a catalogue with mistakes, all of them', async () => {
    const file = join(folder, 'packyard.yml');
    await writeFile(
      file,
      CATALOGUE.replace('name: core', 'name: Core').replace(
        'visibility: public',
        'visibility: maybe',
      ),
    );
    const { code, said } = await failToStart({ PACKYARD_CONFIG: file });
    expect(code).toBe(1);
    expect(said).toContain('PACKYARD_CONFIG');
    expect(said).toMatch(/line 3, column 11, components\[0\]\.name/);
    expect(said).toMatch(/components\[2\]\.visibility/);
    expect(said).not.toContain('    at ');
  });

  it('a catalogue that is not there', async () => {
    const { code, said } = await failToStart({ PACKYARD_CONFIG: join(folder, 'none.yml') });
    expect(code).toBe(1);
    expect(said).toContain('PACKYARD_CONFIG');
  });

  it('a data folder of another PostgreSQL', async () => {
    const packyard = await start();
    await packyard.stop();
    const [home] = await findFile(join(folder, 'data'), 'PG_VERSION');
    await writeFile(home as string, '12\n');
    const { code, said } = await failToStart({});
    expect(code).toBe(1);
    expect(said).toMatch(/PostgreSQL 12[\s\S]*PACKYARD_DATA_DIR/);
  });

  it('a data folder that cannot be written', async () => {
    const { code, said } = await failToStart({ PACKYARD_DATA_DIR: '/proc/packyard' });
    expect(code).toBe(1);
    expect(said).toContain('PACKYARD_DATA_DIR');
    expect(said).not.toContain('    at ');
  });

  it('several settings, at once, and no password among them', async () => {
    const { code, said } = await failToStart({
      AUTH_LISTEN: 'nowhere',
      AUTH_MAX_STALENESS: 'a while',
      ADMIN_ALLOWED_CIDRS: '10.0.0.0/99',
      DATABASE_URL: 'mysql://root:hunter2@localhost/x',
    });
    expect(code).toBe(1);
    for (const name of ['AUTH_LISTEN', 'AUTH_MAX_STALENESS', 'ADMIN_ALLOWED_CIDRS', 'DATABASE_URL'])
      expect(said).toContain(`${name}: `);
    expect(said).not.toContain('hunter2');
  });

  it('a database that refuses the password, which is not repeated', async () => {
    const { code, said } = await failToStart({
      DATABASE_URL: databaseUrl((url) => (url.pathname = '/no_such_database')),
    });
    expect(code).toBe(1);
    expect(said).toContain('DATABASE_URL');
  });

  it('production without signing keys', async () => {
    const { code, said } = await failToStart({ NODE_ENV: 'production' });
    expect(code).toBe(1);
    expect(said).toContain('static/content/gpg');
  });
});

function databaseUrl(change: (url: URL) => void): string {
  const url = new URL(process.env.PACKYARD_TEST_DATABASE_URL as string);
  change(url);
  return url.href;
}

async function findFile(root: string, name: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name === name)
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => a.length - b.length);
}
