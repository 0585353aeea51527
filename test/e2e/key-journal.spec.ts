import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { adminApi } from '../support/admin-api.js';
import { statusOf } from '../support/ask.js';
import { copyDatabase, type DatabaseCopy } from '../support/database-copy.js';
import { install, type Installation } from '../support/installation.js';
import type { RunningPackyard } from '../support/packyard-process.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const AUTH_ONLY = { ADMIN_LISTEN: '', METRICS_LISTEN: '', GATEWAY_LISTEN: '', KEY_JOURNAL_DIR: '' };

let packyard: Installation;
let journal: string;
let dump: DatabaseCopy | undefined;

beforeEach(async () => {
  packyard = await install();
  journal = join(packyard.folder, 'key-journal');
  await mkdir(journal);
  await packyard.stop();
});
afterEach(async () => {
  await dump?.drop();
  dump = undefined;
  await packyard.remove();
});

const start = () => packyard.startAnother({ KEY_JOURNAL_DIR: journal });
const api = ({ admin }: RunningPackyard) => adminApi(admin);

async function createKey(server: RunningPackyard): Promise<{ id: string; key: string }> {
  const order = { component: 'core', label: 'Acme Corp' };
  return (await api(server).post('/api/v1/keys').send(order).expect(201)).body;
}

/** The commands of docs/operations/backup-and-restore.md, with a copy in the place of a dump. */
async function replay(env: Record<string, string>) {
  return run('bin/replay-key-journal', { env: { PATH: process.env.PATH!, ...env } });
}

describe('a database restored from a backup', () => {
  it('has every live key and no revoked one, before anything is served', async () => {
    let server = await start();
    const [kept, revoked] = [await createKey(server), await createKey(server)];
    await server.stop();
    dump = await copyDatabase(packyard.database);

    server = await start();
    const sold = await createKey(server);
    await api(server).delete(`/api/v1/keys/${revoked.id}`).expect(204);
    const { body: rotated } = await api(server)
      .post(`/api/v1/keys/${kept.id}/rotate`)
      .send({ overlap: 'PT0S' })
      .expect(201);
    await api(server)
      .patch(`/api/v1/keys/${sold.id}`)
      .send({ components: ['minion'] })
      .expect(200);
    await server.kill();

    await until(() =>
      dump!.restore().then(
        () => true,
        () => false,
      ),
    );
    const { stderr } = await replay({
      DATABASE_URL: packyard.database.url,
      KEY_JOURNAL_DIR: journal,
    });
    expect(stderr).toMatch(/4 changes that the database lacked, of 3 keys, 1 of them revoked/);

    const auth = await packyard.startAnother(AUTH_ONLY);
    const minion = '/rpm/minion/2025/el9-x86_64/repodata/repomd.xml';
    expect(await statusOf(auth.auth, revoked.key)).toBe(401);
    expect(await statusOf(auth.auth, kept.key)).toBe(401);
    expect(await statusOf(auth.auth, rotated.key)).toBe(200);
    expect(await statusOf(auth.auth, sold.key)).toBe(401);
    expect(await statusOf(auth.auth, sold.key, minion)).toBe(200);

    server = await start();
    const { body } = await api(server).get('/api/v1/audit?action=key_journal.replay').expect(200);
    expect(body).toHaveLength(1);
  });

  it('is brought up at the start of the server too, should nobody have done that', async () => {
    let server = await start();
    const { id, key } = await createKey(server);
    await server.stop();
    dump = await copyDatabase(packyard.database);
    server = await start();
    await api(server).delete(`/api/v1/keys/${id}`).expect(204);
    await server.stop();

    await dump.restore();
    server = await start();
    expect(await statusOf(server.auth, key)).toBe(401);
  });

  it('is asked for where the command is not told which', async () => {
    await expect(replay({})).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Set DATABASE_URL'),
    });
  });
});

describe('the journal', () => {
  it('holds no secret, and is for its owner alone', async () => {
    const server = await start();
    const { key } = await createKey(server);
    const [name] = await readdir(journal);
    const text = await readFile(join(journal, name!), 'utf8');
    expect(text).toContain('Acme Corp');
    expect(text).not.toContain(key);
    expect(text).not.toContain(key.slice(4, 36));
    const { stdout } = await run('stat', ['--format', '%a', join(journal, name!)]);
    expect(stdout.trim()).toBe('600');
  });

  it('that cannot be written refuses a change, but no revocation', async () => {
    const server = await start();
    const { id, key } = await createKey(server);
    await rename(journal, `${journal}.away`);
    const order = { component: 'core', label: 'Refused' };
    const { body } = await api(server).post('/api/v1/keys').send(order).expect(503);
    expect(body).toMatchObject({
      code: 'KEY_JOURNAL_UNAVAILABLE',
      message: expect.stringMatching(/^Nothing was changed/),
    });
    expect((await api(server).get('/api/v1/keys?label=Refused').expect(200)).body).toEqual([]);

    const { body: revoked } = await api(server).delete(`/api/v1/keys/${id}`).expect(503);
    expect(revoked.message).toMatch(/^The change is made and in force/);
    await until(async () => (await statusOf(server.auth, key)) === 401);

    await rename(`${journal}.away`, journal);
    await api(server).delete(`/api/v1/keys/${id}`).expect(204);
    const [name] = await readdir(journal);
    const last = (await readFile(join(journal, name!), 'utf8')).trimEnd().split('\n').at(-1)!;
    expect(JSON.parse(last).keys).toMatchObject([{ id, revoked_at: expect.any(String) }]);
  });

  it('has to be there when the server starts', async () => {
    await rm(journal, { recursive: true });
    await expect(start()).rejects.toThrow(/KEY_JOURNAL_DIR.*ENOENT/);
  });
});
