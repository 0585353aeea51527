import { createHash } from 'node:crypto';
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, run } from '../clients/support/run.js';
import { statusOf } from '../support/ask.js';
import { CATALOGUE } from '../support/installation.js';
import { startPackyard, type RunningPackyard } from '../support/packyard-process.js';
import { startDebianPostgres, type DebianPostgres } from './support/debian-postgres.js';

let postgres: DebianPostgres;
let folder: string;
let env: Record<string, string>;
let packyard: RunningPackyard | undefined;
const at = (...path: string[]) => join(folder, ...path);

beforeEach(async () => {
  postgres = await startDebianPostgres();
  folder = await mkdtemp(join(tmpdir(), 'packyard-backup-'));
  for (const name of ['published', 'registry', 'journal', 'backups', 'other-host', 'gpg']) {
    await mkdir(at(name));
  }
  await writeFile(at('packyard.yml'), CATALOGUE);
  await mkdir(at('published/.snap/rpm/one'), { recursive: true });
  await mkdir(at('published/rpm/core/2025'), { recursive: true });
  await writeFile(at('published/.snap/rpm/one/acme.rpm'), 'a package');
  await symlink('../../../.snap/rpm/one', at('published/rpm/core/2025/el9-x86_64'));
  await mkdir(at('published/.work'));
  await writeFile(at('published/.work/unfinished'), 'half');
  await writeFile(at('registry/blob'), 'a layer');
  env = {
    ...postgres.env,
    PUBLISHED_DIR: at('published'),
    REGISTRY_DIR: at('registry'),
    KEY_JOURNAL_DIR: at('journal'),
    BACKUP_DIR: at('backups'),
  };
});
afterEach(async () => {
  await packyard?.stop();
  packyard = undefined;
  await postgres.stop();
  await rm(folder, { recursive: true });
});

async function start(): Promise<RunningPackyard> {
  const off = { METRICS_LISTEN: '', GATEWAY_LISTEN: '', PUBLIC_KEYS_DIR: at('gpg') };
  const { PUBLISHED_DIR, KEY_JOURNAL_DIR, BACKUP_DIR } = env;
  packyard = await startPackyard({
    env: {
      ...{ ...off, PUBLISHED_DIR: PUBLISHED_DIR!, KEY_JOURNAL_DIR: KEY_JOURNAL_DIR! },
      ...{ BACKUP_DIR: BACKUP_DIR!, DATABASE_URL: postgres.url, PACKYARD_DATA_DIR: at('data') },
      ...{ PACKYARD_CONFIG: at('packyard.yml'), AUTH_LISTEN: '127.0.0.1:0' },
      ADMIN_LISTEN: '127.0.0.1:0',
    },
  });
  return packyard;
}

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${packyard!.admin}/api/v1/${path}`, {
    method,
    ...(body && {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  expect(answer.ok).toBe(true);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

const createKey = () =>
  call<{ id: string; key: string }>('POST', 'keys', { component: 'core', label: 'Acme Corp' });
const backUp = (more: Record<string, string> = {}) =>
  run('deploy/backup/backup.sh', [], { env: { ...env, ...more } });
const copyJournal = (more: Record<string, string>) =>
  run('deploy/backup/copy-key-journal.sh', [], { env: { ...env, ...more } });
const restore = (backup: string, more: Record<string, string> = {}, ...journal: string[]) =>
  run('deploy/backup/restore.sh', [backup, ...journal], { env: { ...env, ...more } });
const backups = async (where = 'backups') =>
  (await readdir(at(where))).filter((name) => /^20.*Z$/.test(name)).sort();
const report = async () => JSON.parse(await readFile(at('backups/status.json'), 'utf8')) as object;

/** The disk of the host is gone; what is on other volumes is not. */
async function lose(...names: string[]): Promise<void> {
  await packyard?.kill();
  packyard = undefined;
  await mustRun('dropdb', ['--force', 'packyard'], { env: postgres.env });
  await mustRun('createdb', ['packyard'], { env: postgres.env });
  for (const name of names) {
    await rm(at(name), { recursive: true });
    await mkdir(at(name));
  }
}

it('a host is restored: every live key works, no revoked one does, and the tree is as it was', async () => {
  await start();
  const [kept, revoked] = [await createKey(), await createKey()];
  expect(await backUp()).toMatchObject({ code: 0, output: expect.stringContaining('verified') });
  const sold = await createKey();
  await call('DELETE', `keys/${revoked.id}`);

  await lose('published', 'registry');
  const [name] = await backups();
  const restored = await restore(at('backups', name!));
  expect([restored.code, restored.output]).toEqual([
    0,
    expect.stringContaining('journal stays as it is'),
  ]);
  const { KEY_JOURNAL_DIR } = env;
  const replayed = await run('bin/replay-key-journal', [], {
    env: { DATABASE_URL: postgres.url, KEY_JOURNAL_DIR: KEY_JOURNAL_DIR! },
  });
  expect([replayed.code, replayed.output]).toEqual([
    0,
    expect.stringContaining('2 changes that the database lacked'),
  ]);

  const { auth } = await start();
  expect(await statusOf(auth, kept.key)).toBe(200);
  expect(await statusOf(auth, sold.key)).toBe(200);
  expect(await statusOf(auth, revoked.key)).toBe(401);
  expect(await readFile(at('published/rpm/core/2025/el9-x86_64/acme.rpm'), 'utf8')).toBe(
    'a package',
  );
  await expect(access(at('published/.work/unfinished'))).rejects.toThrow('ENOENT');
  expect(await readFile(at('registry/blob'), 'utf8')).toBe('a layer');
});

it('encrypted, and copied off the host, a backup restores another one without anything of the first', async () => {
  await mustRun('age-keygen', ['--output', at('identity')]);
  const recipient = await mustRun('age-keygen', ['-y', at('identity')]);
  await start();
  const [{ key }, revoked] = [await createKey(), await createKey()];
  const off = { BACKUP_RECIPIENT: recipient.trim(), BACKUP_TARGET: at('other-host') };
  const ran = await backUp(off);
  expect([ran.code, ran.output]).toEqual([0, expect.any(String)]);
  const hash = createHash('sha256').update(key).digest('hex');
  const copies = await backups('other-host');
  for (const file of await readdir(at('other-host', copies[0]!))) {
    expect(file).toMatch(/^SHA256SUMS$|\.age$/);
    const content = await readFile(at('other-host', copies[0]!, file), 'latin1');
    expect(content).not.toMatch(/Acme Corp/);
    expect(content).not.toContain(hash);
  }
  expect(await report()).toMatchObject({ error: null, off_host: true, encrypted: true });

  const sold = await createKey();
  await call('DELETE', `keys/${revoked.id}`);
  expect(await copyJournal(off)).toMatchObject({ code: 0, output: '' });
  const journal = at('other-host/key-journal.tar.age');
  expect(await readFile(journal, 'latin1')).not.toMatch(/Acme Corp/);

  await lose('published', 'registry', 'journal', 'backups');
  const copy = at('other-host', copies[0]!);
  expect((await restore(copy)).output).toContain('BACKUP_IDENTITY');
  const identity = { BACKUP_IDENTITY: at('identity') };
  expect(await restore(copy, identity, journal)).toMatchObject({ code: 0 });
  const { auth } = await start();
  expect(await statusOf(auth, key)).toBe(200);
  expect(await statusOf(auth, sold.key)).toBe(200);
  expect(await statusOf(auth, revoked.key)).toBe(401);
});

it('the copy of the key journal off the host follows each change, and the status says when it cannot', async () => {
  await start();
  const off = { BACKUP_TARGET: at('other-host') };
  const copied = () => stat(at('other-host/key-journal.tar')).then(({ ino }) => ino);
  await backUp(off);
  await createKey();
  await copyJournal(off);
  const first = await copied();
  await copyJournal(off);
  expect(await copied()).toBe(first); // nothing has changed
  await createKey();
  await rename(at('other-host'), at('elsewhere'));
  await writeFile(at('other-host'), 'no folder');
  expect((await copyJournal(off)).code).not.toBe(0);
  expect(await report()).toMatchObject({
    error: 'the key journal cannot be copied off this host',
    last_verified_at: expect.any(String),
  });

  await rm(at('other-host'));
  await rename(at('elsewhere'), at('other-host'));
  expect(await copyJournal(off)).toMatchObject({ code: 0 });
  expect(await copied()).not.toBe(first);
  expect(await report()).toMatchObject({ error: null, off_host: true });
});

it('the status says how old the newest verified one is, and warns', async () => {
  const warnings = async () => {
    const { warnings } = await call<{ warnings: { message: string }[] }>('GET', 'status');
    return warnings.map(({ message }) => message).filter((each) => /\bbackups? /i.test(each));
  };
  await start();
  expect(await warnings()).toEqual([
    expect.stringContaining('No backup was made yet'),
    expect.stringContaining('BACKUP_TARGET'),
  ]);
  await backUp();
  expect(await warnings()).toEqual([expect.stringContaining('BACKUP_TARGET')]);
  await backUp({ BACKUP_TARGET: at('other-host') });
  expect(await warnings()).toEqual([]);

  await rename(at('registry'), at('elsewhere'));
  const failed = await backUp({ BACKUP_TARGET: at('other-host') });
  expect(failed.code).not.toBe(0);
  expect(await warnings()).toEqual([
    expect.stringContaining('The last backup failed: registry cannot be archived'),
  ]);
  await rename(at('elsewhere'), at('registry'));
});

it('what cannot be restored is no backup', async () => {
  await start();
  await packyard!.stop();
  // A dump without what it is made for.
  await mustRun('psql', ['--quiet', '--command', 'TRUNCATE change'], { env: postgres.env });
  const ran = await backUp();
  expect(ran.code).not.toBe(0);
  expect(await backups()).toEqual([]);
  expect(await report()).toMatchObject({ error: 'the dump cannot be restored' });
  const databases = await mustRun('psql', ['-Atc', 'SELECT datname FROM pg_database'], {
    env: postgres.env,
  });
  expect(databases).not.toContain('packyard_verify');
});

it('old ones go, and nothing that is there is overwritten', async () => {
  await start();
  const day = (ago: number) =>
    new Date(Date.now() - ago * 86_400_000).toISOString().replace(/[-:]|\.\d+/g, '');
  const [old, recent] = [day(7.1), day(6.9)];
  await mkdir(at('backups', old));
  await mkdir(at('backups', recent));
  await mustRun('createdb', ['packyard_verify_killed'], { env: postgres.env });
  await backUp();
  const databases = await mustRun('psql', ['-Atc', 'SELECT datname FROM pg_database'], {
    env: postgres.env,
  });
  expect(databases).not.toContain('packyard_verify');
  const all = await backups();
  expect(all).toHaveLength(2);
  expect(all).toContain(recent);

  const newest = at('backups', all.at(-1)!);
  expect((await restore(newest)).output).toContain('published is not empty');
  await lose('published', 'registry');
  await start();
  const databaseAlone = { PUBLISHED_DIR: '', REGISTRY_DIR: '' };
  expect((await restore(newest, databaseAlone)).output).toContain('the database is not empty');
  await writeFile(join(newest, 'database.dump'), 'damaged');
  expect((await restore(newest)).output).toContain('is damaged');
});
