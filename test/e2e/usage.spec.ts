import { Client } from 'pg';
import { adminApi } from '../support/admin-api.js';
import { ask } from '../support/ask.js';
import { install, type Installation } from '../support/installation.js';

const AUTH_ONLY = { ADMIN_LISTEN: '', METRICS_LISTEN: '', GATEWAY_LISTEN: '' };

let packyard: Installation;
beforeAll(async () => {
  packyard = await install();
});
afterAll(() => packyard.remove());

async function rows(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: packyard.database.url });
  await client.connect();
  const result = await client.query(text, values).finally(() => client.end());
  return result.rows;
}

describe('usage', () => {
  it('is all there after a clean stop, by key, component, format and day', async () => {
    const { id, key } = await packyard.createKey({ components: ['core', 'minion'], label: 'used' });
    const auth = await packyard.startAnother(AUTH_ONLY);
    const began = Date.now();
    for (let i = 0; i < 7; i++) await ask(auth.auth, key).expect(200);
    for (let i = 0; i < 3; i++)
      await ask(auth.auth, key, '/v2/oci/lts-minion/tags/list').expect(200);
    await ask(auth.auth, key, '/rpm/open/2025/x').expect(200); // public: nobody's use
    await ask(auth.auth).expect(401);
    expect(await auth.stop()).toBe(0);

    const { body } = await adminApi(packyard.admin).get(`/api/v1/keys/${id}`).expect(200);
    expect(body.usage_count).toBe(10);
    expect(Date.parse(body.last_used_at)).toBeGreaterThanOrEqual(began);
    const today = new Date().toISOString().slice(0, 10);
    expect(
      await rows(
        'SELECT day::text, component, format, requests::int FROM key_usage WHERE key_id = $1 ORDER BY component',
        [id],
      ),
    ).toEqual([
      { day: today, component: 'core', format: 'rpm', requests: 7 },
      { day: today, component: 'minion', format: 'oci', requests: 3 },
    ]);
    expect(
      await rows(
        'SELECT status, reason, format, requests::int FROM access_outcome ORDER BY 1, 2, 3',
      ),
    ).toEqual([
      { status: 'allowed', reason: 'key', format: 'oci', requests: 3 },
      { status: 'allowed', reason: 'key', format: 'rpm', requests: 7 },
      { status: 'allowed_public', reason: 'public', format: 'rpm', requests: 1 },
      { status: 'denied', reason: 'no-key', format: 'rpm', requests: 1 },
    ]);
  });

  it('costs no query a request', async () => {
    const { key } = await packyard.createKey();
    const auth = await packyard.startAnother(AUTH_ONLY);
    await ask(auth.auth, key).expect(200);
    const queries = async () =>
      Number(
        (
          await rows(
            'SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()',
          )
        )[0]?.n,
      );
    const before = await queries();
    for (let i = 0; i < 500; i++) await ask(auth.auth, i % 2 ? key : 'ab'.repeat(32));
    // What is left are the feed's questions, some a second, and this test's own.
    expect((await queries()) - before).toBeLessThan(100);
    await auth.stop();
  });
});
