import request from 'supertest';
import { adminApi } from '../support/admin-api.js';
import { ask as askAuth } from '../support/ask.js';
import { install, type Installation } from '../support/installation.js';
import { proxyTo, type DatabaseProxy } from '../support/database-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const MAX_STALENESS = 3; // seconds

let database: TestDatabase;
let proxy: DatabaseProxy;
let packyard: Installation;
let live: string;
let revoked: string;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await proxyTo(database.url);
  packyard = await install({
    env: { DATABASE_URL: proxy.url, AUTH_MAX_STALENESS: String(MAX_STALENESS) },
  });
  live = (await packyard.createKey()).key;
  const { id, key } = await packyard.createKey();
  await adminApi(packyard.admin).delete(`/api/v1/keys/${id}`).expect(204);
  revoked = key;
});
afterAll(async () => {
  proxy.restore();
  await packyard.remove();
  await proxy.close();
  await database.drop();
});

const ask = (key?: string, uri?: string) => askAuth(packyard.auth, key, uri);
const untilAnswered = (status: number, key: string) =>
  until(async () => (await ask(key)).status === status);

describe.each(['cut', 'hang'] as const)('while the way to the database is %s', (fault) => {
  afterAll(async () => {
    proxy.restore();
    await untilAnswered(200, live);
  });

  it('subscribers are served from memory until the bound, then nobody is let through', async () => {
    proxy[fault]();
    await ask(live).expect(200);
    await ask(live, '/rpm/open/2025/x').expect(200);
    await request(packyard.auth).get('/health/ready').expect(200);

    await untilAnswered(503, live);
    await ask(undefined, '/rpm/open/2025/x').expect(503); // it may be private by now
    await ask('ab'.repeat(32)).expect(503);
    await ask(revoked).expect(401);
    await ask().expect(401);
    await request(packyard.auth).get('/health/ready').expect(503);
    await request(packyard.auth).get('/health/live').expect(200);
  });

  it('the admin API says so, and that it is worth another try', async () => {
    const { body } = await adminApi(packyard.admin).get('/api/v1/keys').expect(503);
    expect(body).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('try again'),
    });
  });

  it('everything recovers by itself', async () => {
    proxy.restore();
    await untilAnswered(200, live);
    await request(packyard.auth).get('/health/ready').expect(200);
    await adminApi(packyard.admin).get('/api/v1/keys').expect(200);
  });
});
