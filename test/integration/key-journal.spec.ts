import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Temporal } from 'temporal-polyfill';
import type { DataSource } from 'typeorm';
import { AuditStore } from '../../src/audit/audit.store.js';
import { ChangeStore } from '../../src/changes/change.store.js';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { KeyJournal, type Replayed } from '../../src/key-journal/key-journal.store.js';
import { editOf, rotationOf } from '../../src/keys/key-changes.js';
import { PostgresKeyStore } from '../../src/keys/postgres-key.store.js';
import { copyDatabase, type DatabaseCopy } from '../support/database-copy.js';
import { added, aKey, aSecret, revokeKey, TESTER } from '../support/keys.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** What a process with the admin listener has of all this. */
interface Admin {
  readonly dataSource: DataSource;
  readonly changes: ChangeStore;
  readonly store: PostgresKeyStore;
  readonly replayed: Replayed;
}

let folder: string;
let database: TestDatabase;
let running: Admin[];
let copies: DatabaseCopy[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-journal-'));
  database = await createTestDatabase();
  running = [];
  copies = [];
});
afterEach(async () => {
  await stopAll();
  for (const copy of copies) await copy.drop();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function start({ journaled = true } = {}): Promise<Admin> {
  const dataSource = await createDataSource(database.url).initialize();
  running.push({ dataSource } as Admin);
  await migrate(dataSource);
  const journal = journaled ? new KeyJournal(folder, dataSource) : undefined;
  const replayed = (await journal?.reconcile()) as Replayed;
  const changes = new ChangeStore(dataSource, journal);
  return { dataSource, changes, store: new PostgresKeyStore(dataSource, changes), replayed };
}

async function stopAll(): Promise<void> {
  for (const { dataSource } of running.splice(0)) await dataSource.destroy();
}

/** Stops what runs, and starts again. */
async function backUp(): Promise<{ copy: DatabaseCopy; admin: Admin }> {
  await stopAll();
  const copy = await copyDatabase(database);
  copies.push(copy);
  return { copy, admin: await start() };
}

async function restore(copy: DatabaseCopy, options?: { journaled: boolean }): Promise<Admin> {
  await stopAll();
  await copy.restore();
  return start(options);
}

async function addKey({ store }: Admin): Promise<string> {
  const key = aKey();
  await store.insert(added(key), TESTER);
  return key.id;
}

const rotate = ({ store }: Admin, id: string) =>
  store.change(
    id,
    (key) =>
      rotationOf(
        key,
        aSecret(),
        { overlap: Temporal.Duration.from('P7D'), replace: false },
        new Date(),
      ),
    TESTER,
  );
const everyKey = ({ store }: Admin) => store.list({}, { limit: 10_000 }, new Date());
const isRevoked = async ({ store }: Admin, id: string) =>
  ((await store.findById(id))?.revokedAt ?? null) !== null;

async function journalFile(): Promise<string> {
  const [name] = await readdir(folder);
  return join(folder, name as string);
}

describe('a database that was restored from a backup', () => {
  it('gets back every change of keys that was made since, as it was', async () => {
    let admin = await start();
    const [revoked, rotated, edited] = [
      await addKey(admin),
      await addKey(admin),
      await addKey(admin),
    ];
    const { copy, admin: later } = await backUp();
    admin = later;
    await addKey(admin);
    const made = await addKey(admin);
    await revokeKey(admin.store, made);
    await revokeKey(admin.store, revoked);
    await rotate(admin, rotated);
    const edit = { components: ['minion'], expiresAt: new Date('2030-01-01T00:00:00.123Z') };
    await admin.store.change(edited, (key) => editOf(key, edit), TESTER);
    const before = await everyKey(admin);
    const audit = (await new AuditStore(admin.dataSource).list({}, { limit: 100 })).length;

    admin = await restore(copy);
    expect(admin.replayed).toEqual({ changes: 6, keys: 5, revoked: 2 });
    expect(await everyKey(admin)).toEqual(before);
    const [replay, ...events] = await new AuditStore(admin.dataSource).list({}, { limit: 100 });
    expect(replay).toMatchObject({ action: 'key_journal.replay', actor: 'packyard' });
    expect(events).toHaveLength(audit);
    expect(events[0]).toMatchObject({ action: 'key.update', actor: 'tester' });
  });

  it('can be restored again, and from every backup there is', async () => {
    let admin = await start();
    const ids: string[] = [];
    const backups: DatabaseCopy[] = [];
    for (let each = 0; each < 3; each++) {
      ids.push(await addKey(admin));
      const { copy, admin: later } = await backUp();
      backups.push(copy);
      admin = later;
      await revokeKey(admin.store, ids[each] as string);
    }
    for (const copy of [...backups, ...backups.slice().reverse()]) {
      admin = await restore(copy);
      for (const id of ids) expect(await isRevoked(admin, id)).toBe(true);
      ids.push(await addKey(admin));
      await revokeKey(admin.store, ids.at(-1) as string);
    }
    expect((await everyKey(admin)).length).toBe(ids.length);
  });

  it('is noticed under a process that goes on, and brought up before its next change', async () => {
    let admin = await start();
    const revoked = await addKey(admin);
    const { copy, admin: later } = await backUp();
    admin = later;
    await revokeKey(admin.store, revoked);

    const { dataSource } = admin;
    await dataSource.destroy();
    await copy.restore();
    await dataSource.initialize();
    await addKey(admin);
    expect(await isRevoked(admin, revoked)).toBe(true);
  });

  it('that was changed without its journal is refused, and nothing is overwritten', async () => {
    let admin = await start();
    const key = await addKey(admin);
    const { copy, admin: later } = await backUp();
    admin = later;
    await revokeKey(admin.store, key);

    admin = await restore(copy, { journaled: false });
    await addKey(admin);
    await expect(start()).rejects.toMatchObject({ code: 'KEY_JOURNAL_DIVERGED' });
    expect(await isRevoked(admin, key)).toBe(false);
  });

  it('need not be there at all: the journal alone has every key', async () => {
    let admin = await start();
    await addKey(admin);
    await revokeKey(admin.store, await addKey(admin));
    const before = await everyKey(admin);

    await stopAll();
    await database.drop();
    database = await createTestDatabase();
    admin = await start();
    expect(await everyKey(admin)).toEqual(before);
  });
});

describe('the journal', () => {
  it('begins with the keys that are there, be they thousands', async () => {
    let admin = await start({ journaled: false });
    const keys = Array.from({ length: 6_001 }, () => added(aKey()));
    await admin.store.insertAll(keys, TESTER, { skipKnown: false, rehearsal: false });
    await stopAll();
    await start();
    await stopAll();
    await database.drop();
    database = await createTestDatabase();
    admin = await start();
    expect(admin.replayed).toMatchObject({ keys: 6_001 });
  });

  it('catches up with what was changed while it was off', async () => {
    const { copy, admin } = await backUp();
    const key = await addKey(admin);
    await stopAll();
    await revokeKey((await start({ journaled: false })).store, key);
    await stopAll();
    await start();
    expect(await isRevoked(await restore(copy), key)).toBe(true);
  });

  it('takes the changes of several processes at once, and has them all', async () => {
    const { copy, admin } = await backUp();
    const admins = [admin, await start(), await start()];
    const ids = await Promise.all(
      Array.from({ length: 60 }, (_, each) => addKey(admins[each % 3] as Admin)),
    );
    const restored = await restore(copy);
    expect(new Set((await everyKey(restored)).map(({ id }) => id))).toEqual(new Set(ids));
  });

  it('goes on behind what a power cut left of a line', async () => {
    const { copy, admin } = await backUp();
    const first = await addKey(admin);
    const content = await readFile(await journalFile(), 'utf8');
    const last = content.trimEnd().split('\n').at(-1) as string;
    await writeFile(await journalFile(), content + last.slice(0, -20));
    const second = await addKey(admin);
    const restored = await restore(copy);
    expect((await everyKey(restored)).map(({ id }) => id).sort()).toEqual([first, second].sort());
  });

  it('that lacks a line is refused', async () => {
    const { copy, admin } = await backUp();
    for (let each = 0; each < 3; each++) await addKey(admin);
    const lines = (await readFile(await journalFile(), 'utf8')).trimEnd().split('\n');
    lines.splice(-2, 1);
    await writeFile(await journalFile(), `${lines.join('\n')}\n`);
    await expect(restore(copy)).rejects.toMatchObject({
      code: 'KEY_JOURNAL_UNAVAILABLE',
      message: expect.stringContaining('something is missing between'),
    });
  });

  it('that has a change whose process died before it was committed brings it into force', async () => {
    const admin = await start();
    const key = await addKey(admin);
    const journal = new KeyJournal(folder, admin.dataSource);
    const dies = new ChangeStore(admin.dataSource, {
      folder,
      reconcile: () => journal.reconcile(),
      record: async (...given: Parameters<KeyJournal['record']>) => {
        await journal.record(...given);
        throw new Error('a power cut');
      },
    } as unknown as KeyJournal);
    await expect(revokeKey(new PostgresKeyStore(admin.dataSource, dies), key)).rejects.toThrow(
      'a power cut',
    );
    expect(await isRevoked(admin, key)).toBe(false);

    await addKey(admin);
    expect(await isRevoked(admin, key)).toBe(true);
    await stopAll();
    expect((await start()).replayed.changes).toBe(0);
  });
});

describe('while the journal cannot be written', () => {
  const away = () => rename(folder, `${folder}.away`);
  const back = () => rename(`${folder}.away`, folder);

  it('nothing is changed', async () => {
    const admin = await start();
    const key = await addKey(admin);
    await away();
    const unavailable = {
      code: 'KEY_JOURNAL_UNAVAILABLE',
      message: expect.stringMatching(/^Nothing was changed\..*\(ENOENT\)/),
    };
    await expect(addKey(admin)).rejects.toMatchObject(unavailable);
    await expect(rotate(admin, key)).rejects.toMatchObject(unavailable);
    expect(await everyKey(admin)).toMatchObject([{ id: key, secrets: [{}] }]);
    await back();
    await rotate(admin, key);
  });

  it('a key is revoked all the same; it is said, and made up for', async () => {
    let admin = await start();
    const key = await addKey(admin);
    const { copy: earlier, admin: later } = await backUp();
    admin = later;
    await away();
    await expect(revokeKey(admin.store, key)).rejects.toMatchObject({
      code: 'KEY_JOURNAL_UNAVAILABLE',
      message: expect.stringMatching(/^The change is made and in force/),
    });
    expect(await isRevoked(admin, key)).toBe(true);
    await expect(revokeKey(admin.store, key)).rejects.toMatchObject({
      code: 'KEY_JOURNAL_UNAVAILABLE',
    });
    await stopAll();
    const between = await copyDatabase(database);
    copies.push(between);
    await back();
    admin = await start();
    expect(await revokeKey(admin.store, key)).toBe(true);

    for (const copy of [between, earlier]) {
      admin = await restore(copy);
      expect(await isRevoked(admin, key)).toBe(true);
    }
  });

  it('a start is refused', async () => {
    await rm(folder, { recursive: true });
    await expect(start()).rejects.toMatchObject({ code: 'KEY_JOURNAL_UNAVAILABLE' });
    await mkdir(folder);
  });
});
