import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { StartError } from '../../src/common/start-error.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/database/embedded-postgres.js';
import { forkEmbeddedPostgres } from '../support/fork-embedded-postgres.js';
import { createTestDatabase } from '../support/test-database.js';

const isRoot = process.getuid?.() === 0;
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A fresh folder that the server's user can pass through, as in a checkout of an ordinary mode. */
async function makeFolder(mode = 0o711): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'packyard-test-'));
  await chmod(folder, mode);
  undo.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(dataDir: string, options: Partial<EmbeddedPostgresOptions> = {}) {
  const steps: string[] = [];
  const onProgress = (step: string) => void steps.push(step);
  const database = await startEmbeddedPostgres({ dataDir, onProgress, ...options });
  undo.push(() => database.stop());
  return { ...database, steps };
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client
    .query<Record<string, unknown>>(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

const keepRow = (url: string) =>
  query(url, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)');
const keptRows = (url: string) => query(url, 'SELECT id FROM kept');

async function postmasterOf({ folder }: Pick<EmbeddedPostgres, 'folder'>): Promise<number> {
  return parseInt(await readFile(join(folder, 'data/postmaster.pid'), 'utf8'));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function startError(starting: Promise<unknown>): Promise<string> {
  const error: unknown = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartError);
  return (error as StartError).message;
}

describe('a start', () => {
  it('makes a database that the application owns without being a superuser', async () => {
    const database = await start(await makeFolder());

    expect(database.version).toMatch(/^18\.\d+$/);
    expect(database.steps).toEqual(['Making the database…', 'Starting PostgreSQL 18.4…']);
    const [role] = await query(
      database.url,
      `SELECT current_user AS name, rolsuper, rolcreatedb, datdba::regrole::text AS owner
       FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`,
    );
    expect(role).toEqual({
      name: 'packyard',
      rolsuper: false,
      rolcreatedb: true,
      owner: 'packyard',
    });
    const settings = `SELECT current_setting('listen_addresses') AS listen, current_setting('fsync') AS fsync,
      current_setting('data_checksums') AS checksums, current_setting('server_encoding') AS encoding,
      current_setting('TimeZone') AS timezone`;
    expect(await query(database.url, settings)).toEqual([
      { listen: '', fsync: 'on', checksums: 'on', encoding: 'UTF8', timezone: 'UTC' },
    ]);
  });

  it('lets nobody else at the socket or the log', async () => {
    const { folder } = await start(await makeFolder());

    expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'data'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'server.log'))).mode & 0o777).toBe(0o600);
  });

  it('after the first finds what was there, in well below a second', async () => {
    const dataDir = await makeFolder();
    const first = await start(dataDir);
    await keepRow(first.url);
    await first.stop();
    await first.stop();

    const began = performance.now();
    const second = await start(dataDir);
    const took = performance.now() - began;

    expect(await keptRows(second.url)).toEqual([{ id: 1 }]);
    expect(second.steps).toEqual(['Starting PostgreSQL 18.4…']);
    expect(second.folder).toBe(first.folder);
    expect(await readdir(second.folder)).toEqual(
      expect.arrayContaining(['server.log', 'server.log.1']),
    );
    expect(took).toBeLessThan(5_000); // 100 ms, but the machine may be busy
  });

  it('listens on TCP only where a test asks for it, and then for a password', async () => {
    const { tcpUrl, port } = await start(await makeFolder(), { tcp: true });

    expect(await query(tcpUrl!, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const stranger = query(`postgres://packyard:guess@127.0.0.1:${port}/packyard`, 'SELECT 1');
    await expect(stranger).rejects.toThrow(/password authentication failed/);
  });

  it('works where the path is too long for a socket', async () => {
    const dataDir = join(await makeFolder(), 'a-long-name-'.repeat(10));
    const { url, stop } = await start(dataDir);
    const socketFolder = new URL(url).searchParams.get('host')!;

    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await stat(socketFolder)).mode & 0o777).toBe(0o700);
    await stop();
    expect(existsSync(socketFolder)).toBe(false);
  });

  it(
    isRoot
      ? 'as root, of a data folder that no other user reaches, keeps the database elsewhere and says where'
      : 'as an ordinary user, of a data folder that no other user reaches, keeps the database in it',
    async () => {
      const dataDir = join(await makeFolder(0o700), 'project/.packyard');
      const first = await start(dataDir);
      await keepRow(first.url);
      if (isRoot) undo.splice(1, 0, () => rm(first.folder, { recursive: true }));
      await first.stop();
      const second = await start(dataDir);

      expect(await keptRows(second.url)).toEqual([{ id: 1 }]);
      expect(second.folder).toBe(first.folder);
      if (isRoot) {
        expect(second.folder).toMatch(/^\/var\/lib\/packyard\/[0-9a-f]{16}$/);
        expect(second.steps[0]).toContain(second.folder);
      } else {
        expect(second.folder).toBe(join(dataDir, 'postgres'));
      }
    },
  );
});

describe('a start after', () => {
  it('kill -9 of every process of the server replays its log', async () => {
    const dataDir = await makeFolder();
    const first = await start(dataDir);
    await keepRow(first.url);
    const others = await query(first.url, 'SELECT pid FROM pg_stat_activity');
    for (const pid of [await postmasterOf(first), ...others.map((row) => Number(row.pid))]) {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
    expect((await first.ended).message).toContain('SIGKILL');

    const second = await start(dataDir);
    expect(await keptRows(second.url)).toEqual([{ id: 1 }]);
    expect(second.steps).toContain('Recovering after an unclean stop…');
  });

  it('kill -9 of the server while a session works waits until the session is gone', async () => {
    const dataDir = await makeFolder();
    const first = await start(dataDir);
    await keepRow(first.url);
    const busy = query(first.url, 'SELECT count(*) FROM generate_series(1, 20000000)');
    busy.catch(() => {});
    await query(first.url, 'SELECT pg_sleep(0.1)');
    process.kill(await postmasterOf(first), 'SIGKILL');

    const second = await start(dataDir);
    expect(await keptRows(second.url)).toEqual([{ id: 1 }]);
  });

  it.each([
    ['and the server stays behind', false],
    ['and the server stops, where the kernel sees to that', true],
  ])('kill -9 of Packyard %s works', async (_, diesWithUs) => {
    const dataDir = await makeFolder();
    const first = await forkEmbeddedPostgres({ dataDir, diesWithUs });
    await keepRow(first.url);
    const orphan = await postmasterOf(first);
    first.process.kill('SIGKILL');
    await once(first.process, 'exit');
    if (!diesWithUs) expect(isAlive(orphan)).toBe(true);

    const second = await start(dataDir);
    expect(await keptRows(second.url)).toEqual([{ id: 1 }]);
    expect(await postmasterOf(second)).not.toBe(orphan);
  });

  it('kill -9 while the database is being made begins again', async () => {
    const dataDir = await makeFolder();
    const first = forkEmbeddedPostgres({ dataDir, diesWithUs: false });
    first.catch(() => {});
    const home = join(dataDir, 'postgres');
    const isBeingMade = async () =>
      (await readdir(home).catch(() => [])).find((name) => name.startsWith('data.new-'));
    let half: string | undefined;
    while (!(half = await isBeingMade())) await new Promise((r) => setTimeout(r, 5));
    process.kill(Number(half.split('-')[1]), 'SIGKILL');
    await expect(first).rejects.toThrow();

    const second = await start(dataDir);
    expect(second.steps).toContain('Making the database…');
    expect(await isBeingMade()).toBeUndefined();
  });

  it("a restart of the machine that gave the server's number to another process works", async () => {
    const dataDir = await makeFolder();
    const first = await start(dataDir);
    await keepRow(first.url);
    await first.stop();
    const { uid, gid } = await stat(join(first.folder, 'data'));
    const other = spawn('sleep', ['60'], isRoot ? { uid, gid, cwd: '/' } : {});
    undo.push(() => Promise.resolve(other.kill()));
    const lock = `${other.pid}\n${join(first.folder, 'data')}\n1\n5432\n${join(first.folder, 'run')}\n\n  1 1\nready\n`;
    await writeFile(join(first.folder, 'data/postmaster.pid'), lock);
    await writeFile(join(first.folder, 'run/.s.PGSQL.5432.lock'), lock);

    const second = await start(dataDir);
    expect(await keptRows(second.url)).toEqual([{ id: 1 }]);
    expect(other.exitCode).toBeNull();
  });
});

describe('a start is refused', () => {
  it("on another Packyard's data folder, whose database goes on", async () => {
    const dataDir = await makeFolder();
    const first = await forkEmbeddedPostgres({ dataDir });
    undo.push(() => first.stop());

    const message = await startError(start(dataDir));
    expect(message).toContain('PACKYARD_DATA_DIR');
    expect(message).toContain(`process ${first.process.pid}`);
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('on one that is in use out of sight, in another container on the same volume', async () => {
    const dataDir = await makeFolder();
    const first = await start(dataDir);
    const lockFile = join(first.folder, 'data/postmaster.pid');
    const lock = await readFile(lockFile, 'utf8');
    await writeFile(lockFile, lock.replace(/^\d+/, String(2 ** 30)));

    expect(await startError(start(dataDir))).toContain('PACKYARD_DATA_DIR');
    await writeFile(lockFile, lock);
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('to all but one of those that begin on a fresh data folder together', async () => {
    const dataDir = await makeFolder();
    const all = await Promise.allSettled([1, 2, 3].map(() => forkEmbeddedPostgres({ dataDir })));
    const started = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    undo.push(() => Promise.all(started.map((one) => one.stop())));
    const refused = all.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));

    expect(refused).toEqual([
      expect.stringMatching(/StartError.*PACKYARD_DATA_DIR/),
      expect.stringMatching(/StartError.*PACKYARD_DATA_DIR/),
    ]);
    expect(await query(started[0]!.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await readdir(started[0]!.folder)).filter((name) => name.includes('.new-'))).toEqual(
      [],
    );
  });

  it("on another PostgreSQL's database", async () => {
    const dataDir = await makeFolder();
    const { folder, stop } = await start(dataDir);
    await stop();
    await writeFile(join(folder, 'data/PG_VERSION'), '17\n');

    const message = await startError(start(dataDir));
    expect(message).toContain('PostgreSQL 17');
    expect(message).toContain('PACKYARD_DATA_DIR');
    expect(message).toContain('DATABASE_URL');
  });

  it('on a folder of something else, which stays', async () => {
    const dataDir = await makeFolder();
    await mkdir(join(dataDir, 'postgres/data'), { recursive: true });
    await writeFile(join(dataDir, 'postgres/data/letter.txt'), 'mine');

    expect(await startError(start(dataDir))).toContain('is not a PostgreSQL cluster');
    expect(await readFile(join(dataDir, 'postgres/data/letter.txt'), 'utf8')).toBe('mine');
  });

  it.each([
    ['below a file', async () => join(await makeFolder(), 'file', '.packyard')],
    ['where nobody may write', () => Promise.resolve('/proc/packyard')],
  ])('on a data folder %s', async (_, place) => {
    const dataDir = await place();
    if (!dataDir.startsWith('/proc')) await writeFile(join(dataDir, '..'), '');

    const message = await startError(start(dataDir));
    expect(message).toContain('PACKYARD_DATA_DIR');
    expect(message).toContain(dataDir);
  });

  it("with the end of the server's log when it cannot start", async () => {
    const dataDir = await makeFolder();
    const { folder, stop } = await start(dataDir);
    await stop();
    await writeFile(join(folder, 'data/postgresql.auto.conf'), 'no_such_setting = 1\n');

    expect(await startError(start(dataDir))).toContain('no_such_setting');
  });
});

describe('createTestDatabase', () => {
  it('makes databases apart from each other, and removes them under open sessions', async () => {
    const [one, two] = [await createTestDatabase(), await createTestDatabase()];
    await keepRow(one.url);
    await expect(keptRows(two.url)).rejects.toThrow(/does not exist/);
    const open = new pg.Client({ connectionString: one.url });
    open.on('error', () => {});
    await open.connect();

    await one.drop();
    await two.drop();
    await expect(keptRows(one.url)).rejects.toThrow(/does not exist/);
  });
});
