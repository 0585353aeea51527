import { Client } from 'pg';
import request from 'supertest';
import { adminApi } from '../support/admin-api.js';
import { ask, statusOf } from '../support/ask.js';
import { proxyTo, type DatabaseProxy } from '../support/database-proxy.js';
import { install, type Installation } from '../support/installation.js';
import type { RunningPackyard } from '../support/packyard-process.js';
import { until } from '../support/until.js';

const MAX_STALENESS = 4; // seconds
const AUTH_ONLY = { ADMIN_LISTEN: '', METRICS_LISTEN: '', GATEWAY_LISTEN: '' };

let packyard: Installation;
beforeAll(async () => {
  packyard = await install({ env: { AUTH_MAX_STALENESS: String(MAX_STALENESS) } });
});
afterAll(() => packyard.remove());

const revoke = (id: string) => adminApi(packyard.admin).delete(`/api/v1/keys/${id}`).expect(204);

async function sql(text: string, values: unknown[] = []): Promise<void> {
  const client = new Client({ connectionString: packyard.database.url });
  await client.connect();
  await client.query(text, values).finally(() => client.end());
}

describe('two processes', () => {
  let other: RunningPackyard;
  beforeAll(async () => {
    other = await packyard.startAnother(AUTH_ONLY);
    await until(async () => (await request(other.auth).get('/health/ready')).status === 200);
  });

  it('both deny a key when its revocation was answered as confirmed', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, key } = await packyard.createKey();
      await until(async () => (await statusOf(other.auth, key)) === 200);
      await revoke(id).expect('Packyard-Propagation', 'confirmed');
      await ask(other.auth, key).expect(401);
      await ask(packyard.auth, key).expect(401);
    }
  });

  it('find out by themselves what no notice told them', async () => {
    const { id, key } = await packyard.createKey();
    await until(async () => (await statusOf(other.auth, key)) === 200);
    await sql(
      `WITH next AS (UPDATE change_counter SET revision = revision + 1 RETURNING revision),
            revoked AS (UPDATE key SET revoked_at = now() WHERE id = $1)
       INSERT INTO change (revision, key_ids, catalogue) SELECT revision, ARRAY[$1::uuid], false FROM next`,
      [id],
    );
    await until(async () => (await statusOf(other.auth, key)) === 401);
    await until(async () => (await statusOf(packyard.auth, key)) === 401);
  });

  it('say that one of them has not confirmed, and for how long it may not', async () => {
    const { id, key } = await packyard.createKey();
    await until(async () => (await statusOf(other.auth, key)) === 200);
    process.kill(other.pid, 'SIGSTOP');
    try {
      await revoke(id).expect('Packyard-Propagation', `pending; at-most=${MAX_STALENESS}`);
      await ask(packyard.auth, key).expect(401);
    } finally {
      process.kill(other.pid, 'SIGCONT');
    }
    await until(async () => (await statusOf(other.auth, key)) === 401);
  });

  it('no longer wait for one that has stopped', async () => {
    const third = await packyard.startAnother(AUTH_ONLY);
    await until(async () => (await request(third.auth).get('/health/ready')).status === 200);
    await third.stop();
    const { id } = await packyard.createKey();
    await revoke(id).expect('Packyard-Propagation', 'confirmed');
  });

  it('wait for one that was killed only as long as it could have allowed anything', async () => {
    const third = await packyard.startAnother(AUTH_ONLY);
    await until(async () => (await request(third.auth).get('/health/ready')).status === 200);
    await third.kill();
    const { id } = await packyard.createKey();
    await revoke(id).expect('Packyard-Propagation', /^pending/);
    await until(async () => {
      const { id: next } = await packyard.createKey();
      return (await revoke(next)).headers['packyard-propagation'] === 'confirmed';
    }, 20_000);
  });
});

describe('a process that is cut off from the database', () => {
  let proxy: DatabaseProxy;
  let cutOff: RunningPackyard;
  beforeAll(async () => {
    proxy = await proxyTo(packyard.database.url);
    cutOff = await packyard.startAnother({ ...AUTH_ONLY, DATABASE_URL: proxy.url });
  });
  afterAll(async () => {
    await cutOff.stop();
    await proxy.close();
  });

  it.each(['cut', 'hang'] as const)(
    'allows a revoked key for no longer than the bound (%s)',
    async (fault) => {
      const { id, key } = await packyard.createKey();
      await until(async () => (await statusOf(cutOff.auth, key)) === 200);
      proxy[fault]();
      const since = performance.now();
      await revoke(id).expect('Packyard-Propagation', `pending; at-most=${MAX_STALENESS}`);

      await until(async () => (await statusOf(cutOff.auth, key)) === 503);
      // To the moment it is held in change-feed.spec.ts: this one shares its processor with others.
      expect(performance.now() - since).toBeLessThan(MAX_STALENESS * 1000 + 2_000);
      for (let i = 0; i < 20; i++) await ask(cutOff.auth, key).expect(503);

      proxy.restore();
      await until(async () => (await statusOf(cutOff.auth, key)) === 401);
    },
  );
});
