import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { ADMIN_TOKEN_FORMAT, digestOfAdminToken } from '../../src/common/admin-token.js';
import { adminApi } from '../support/admin-api.js';
import { install, type Installation } from '../support/installation.js';
import { until } from '../support/until.js';

const ALICE = ADMIN_TOKEN_FORMAT.generate();
const MONITORING = ADMIN_TOKEN_FORMAT.generate();
const ORDER = { component: 'core', label: 'Acme Corp' };

const entry = (name: string, role: string, token: string) =>
  `  - { name: ${name}, role: ${role}, sha256: "${digestOfAdminToken(token).toString('hex')}" }\n`;
const FILE = `tokens:\n${entry('alice', 'admin', ALICE)}${entry('monitoring', 'readonly', MONITORING)}`;

let folder: string;
let file: string;
let packyard: Installation;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-tokens-'));
  file = join(folder, 'tokens.yml');
  await writeFile(file, FILE);
  packyard = await install({ env: { ADMIN_TOKENS_FILE: file } });
});
afterAll(async () => {
  await packyard.remove();
  await rm(folder, { recursive: true });
});

const get = (path: string, token?: string) => {
  const question = adminApi(packyard.admin).get(path);
  return token === undefined ? question : question.auth(token, { type: 'bearer' });
};
const post = (path: string, body: object, token: string) =>
  adminApi(packyard.admin).post(path).auth(token, { type: 'bearer' }).send(body);

describe('with a file of tokens', () => {
  it.each([
    '/api/v1/keys',
    '/api/v1/components',
    '/docs',
    '/docs/openapi.json',
    '/docs/swagger-ui.css',
  ])('%s needs one, and says in which ways it may come', async (path) => {
    const { body, headers } = await get(path).expect(401);
    expect(body).toMatchObject({ code: 'TOKEN_REQUIRED', request_id: expect.any(String) });
    expect(headers['www-authenticate']).toBe(
      'Bearer realm="Packyard admin", Basic realm="Packyard admin", charset="UTF-8"',
    );
    await get(path, MONITORING).redirects(1).expect(200);
    await adminApi(packyard.admin).get(path).redirects(1).auth('anyone', MONITORING).expect(200);
  });

  it('takes no other: unknown, mistyped, a subscriber’s, half of one', async () => {
    const { body } = await post('/api/v1/keys', ORDER, ALICE).expect(201);
    for (const token of [
      ADMIN_TOKEN_FORMAT.generate(),
      ALICE.slice(0, -1),
      `${ALICE}0`,
      ALICE.toLowerCase(),
      digestOfAdminToken(ALICE).toString('hex'),
      body.key,
      'x',
    ]) {
      await get('/api/v1/keys', token).expect(401);
      await adminApi(packyard.admin).get('/api/v1/keys').auth('alice', token).expect(401);
    }
  });

  it('lets an admin change things, and readonly look', async () => {
    const { body } = await post('/api/v1/keys', ORDER, ALICE).expect(201);
    await get(`/api/v1/keys/${body.id}`, MONITORING).expect(200);
    await adminApi(packyard.admin)
      .head(`/api/v1/keys/${body.id}`)
      .auth(MONITORING, { type: 'bearer' })
      .expect(200);
    const refused = await post('/api/v1/keys', ORDER, MONITORING).expect(403);
    expect(refused.body).toMatchObject({ code: 'READONLY_TOKEN' });
    await adminApi(packyard.admin)
      .delete(`/api/v1/keys/${body.id}`)
      .auth('x', MONITORING)
      .expect(403);
    expect((await get(`/api/v1/keys/${body.id}`, ALICE)).body.state).toBe('active');
  });

  it('asks no token of subscribers, health or metrics', async () => {
    const { body } = await post('/api/v1/keys', ORDER, ALICE).expect(201);
    await request(packyard.auth)
      .get('/auth')
      .set({ 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/rpm/core/2025/el9-x86_64/x' })
      .auth('subscriber', body.key)
      .expect(200);
    await request(packyard.auth).get('/health/ready').expect(200);
    await request(packyard.metrics).get('/metrics').expect(200);
  });

  it('does not let a page of another site use what the browser knows', async () => {
    await adminApi(packyard.admin)
      .post('/api/v1/keys')
      .auth('alice', ALICE)
      .set('Origin', 'https://evil.example')
      .send(ORDER)
      .expect(403, /FOREIGN_ORIGIN/);
    await get('/api/v1/keys', ALICE)
      .set('Host', 'evil.example')
      .expect(403, /FOREIGN_HOST/);
  });

  it('describes them as optional, so that Authorize works', async () => {
    const { body } = await get('/docs/openapi.json', MONITORING).expect(200);
    expect(body.security).toEqual([{}, { bearer: [] }, { basic: [] }]);
    expect(body.components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      basic: { type: 'http', scheme: 'basic' },
    });
  });

  it('is read again on SIGHUP; one with mistakes changes nothing and is in the log', async () => {
    const bob = ADMIN_TOKEN_FORMAT.generate();
    await replaceFile(`${FILE}${entry('bob', 'admin', bob)}`);
    await get('/api/v1/keys', bob).expect(401);
    process.kill(packyard.pid, 'SIGHUP');
    await until(async () => (await get('/api/v1/keys', bob)).status === 200);

    await replaceFile(`tokens:\n  - { name: bob, role: admin, sha256: ${bob} }\n`);
    process.kill(packyard.pid, 'SIGHUP');
    await until(() => logged(/admin tokens stay as they were/));
    expect(JSON.stringify(packyard.logs)).toContain('tokens[0].sha256');
    await get('/api/v1/keys', bob).expect(200);

    await replaceFile(FILE);
    process.kill(packyard.pid, 'SIGHUP');
    await until(async () => (await get('/api/v1/keys', bob)).status === 401);
    await get('/api/v1/keys', ALICE).expect(200);
    for (const token of [ALICE, MONITORING, bob])
      expect(JSON.stringify(packyard.logs)).not.toContain(token);
  });
});

describe('a file that cannot be used keeps the process from starting', () => {
  it.each([
    ['is not there', undefined, /none\.yml cannot be read \(ENOENT\).*ADMIN_TOKENS_FILE/],
    ['is empty', '', /ADMIN_TOKENS_FILE.*\n.*the file is empty/],
    [
      'has mistakes',
      'tokens:\n  - nme: alice\n',
      /line 2, column 5, tokens\[0\]\.nme: unknown key/,
    ],
  ])('because it %s', async (_, text, message) => {
    const path = join(folder, text === undefined ? 'none.yml' : 'bad.yml');
    if (text !== undefined) await writeFile(path, text);
    const { code, said } = await failToStart(path);
    expect(code).toBe(1);
    expect(said).toMatch(message);
    expect(said).not.toContain('    at ');
  });
});

/** As an editor does: a new file under the old name. */
async function replaceFile(text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

function logged(message: RegExp): boolean {
  return packyard.logs.some(({ msg }) => message.test(msg ?? ''));
}

async function failToStart(tokensFile: string): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: packyard.database.url,
      PACKYARD_DATA_DIR: folder,
      PACKYARD_CONFIG: packyard.catalogueFile,
      AUTH_LISTEN: '',
      METRICS_LISTEN: '',
      ADMIN_LISTEN: '127.0.0.1:0',
      ADMIN_TOKENS_FILE: tokensFile,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}
