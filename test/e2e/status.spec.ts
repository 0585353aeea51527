import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import request from 'supertest';
import { adminApi } from '../support/admin-api.js';
import { ask } from '../support/ask.js';
import { proxyTo, type DatabaseProxy } from '../support/database-proxy.js';
import { install, type Installation } from '../support/installation.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

let database: TestDatabase;
let proxy: DatabaseProxy;
let packyard: Installation;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await proxyTo(database.url);
  packyard = await install({
    // It does not answer: nobody listens there.
    env: { DATABASE_URL: proxy.url, REGISTRY_URL: 'http://127.0.0.1:9' },
  });
});
afterAll(async () => {
  proxy.restore();
  await packyard.remove();
  await proxy.close();
  await database.drop();
});

const status = async () =>
  (
    await adminApi(packyard.admin)
      .get('/api/v1/status')
      .expect(200)
      .expect('Cache-Control', 'no-store')
  ).body;
const messages = ({ warnings }: { warnings: { message: string }[] }) =>
  warnings.map(({ message }) => message).join('\n');

describe('GET /api/v1/status', () => {
  it('says what runs, and since when', async () => {
    const body = await status();
    expect(body.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Date.parse(body.observed_at)).toBeGreaterThan(Date.parse(body.started_at));
    expect(body.uptime_seconds).toBeGreaterThanOrEqual(0);
    expect(body.uptime_seconds).toBeLessThan(600);
  });

  it('counts keys, and names those that expire soon', async () => {
    const soon = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const { id } = await packyard.createKey({
      component: 'core',
      label: 'Soon',
      customer: 'C-4711',
      expires_at: soon,
    });
    const revoked = await packyard.createKey();
    await adminApi(packyard.admin).delete(`/api/v1/keys/${revoked.id}`).expect(204);

    const body = await status();

    expect(body.keys).toEqual({
      active: 1,
      expired: 0,
      revoked: 1,
      expire_within_7_days: 1,
      expire_within_30_days: 1,
      expiring: [{ id, label: 'Soon', customer: 'C-4711', components: ['core'], expires_at: soon }],
    });
    expect(messages(body)).toContain('1 key expires within 7 days: “Soon”');
    expect(JSON.stringify(body)).not.toContain('pky_');
  });

  it('counts the requests of an auth process that has written them', async () => {
    const { key } = await packyard.createKey();
    const auth = await packyard.startAnother({ ADMIN_LISTEN: '', METRICS_LISTEN: '' });
    await ask(auth.auth, key).expect(200);
    await ask(auth.auth, key, '/rpm/minion/2025/x').expect(401);
    await ask(auth.auth).expect(401);
    expect((await status()).health.auth_processes.processes).toHaveLength(2);
    await auth.stop();

    const { requests, health } = await status();

    const sum = (kind: string) =>
      requests.by_hour.reduce(
        (total: number, hour: Record<string, number>) => total + (hour[kind] as number),
        0,
      );
    expect(requests.by_hour).toHaveLength(24);
    expect([sum('allowed'), sum('denied'), sum('allowed_public'), sum('error')]).toEqual([
      1, 2, 0, 0,
    ]);
    expect(requests.denied_today).toEqual([
      { reason: 'no-key', requests: 1 },
      { reason: 'out-of-scope', requests: 1 },
    ]);
    expect(health.auth_processes.processes).toHaveLength(1);
  });

  it('is well where all is well', async () => {
    const { health } = await status();
    expect(health.database).toEqual({ up: true, latency_ms: expect.any(Number), problem: null });
    expect(health.access_view).toEqual({
      freshness: 'current',
      staleness_seconds: expect.any(Number),
    });
    const { newest_revision, processes } = health.auth_processes;
    expect(processes).toEqual([
      {
        id: expect.any(String),
        state: 'current',
        revision: newest_revision,
        seen_seconds_ago: expect.any(Number),
        max_staleness_seconds: 60,
      },
    ]);
    expect(health.published_tree).toMatchObject({
      folder: packyard.publishedDir,
      up: true,
      problem: null,
    });
    expect(health.published_tree.free_bytes).toBeGreaterThan(0);
    expect(health.published_tree.total_bytes).toBeGreaterThan(health.published_tree.free_bytes);
  });

  it('says what is not, and what to do', async () => {
    const body = await status();
    expect(body.state).toBe('critical');
    expect(body.health.registry).toEqual({
      up: false,
      problem: 'The registry does not answer (ECONNREFUSED).',
    });
    // The installation's own key is a real one; what stands for cosign's is none.
    expect(body.health.signing_keys).toMatchObject({
      gpg: [{ fingerprint: expect.stringMatching(/^[0-9A-F]{40}$/) }],
      cosign: false,
      development: false,
    });
    expect(body.warnings[0]).toEqual({
      severity: 'critical',
      message: expect.stringContaining('see that REGISTRY_URL leads to it'),
    });
    expect(messages(body)).toContain('cosign.pub holds no public key');
    expect(messages(body)).toContain('Nothing is published of core, minion and open');
  });

  it('says what became of the last promotion of each publication, and warns of a failure', async () => {
    expect((await status()).promotions).toEqual([]);
    const { body: ordered } = await adminApi(packyard.admin)
      .post('/api/v1/promotions')
      .send({ component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' })
      .expect(202);
    await until(async () => (await status()).promotions[0].under_way === 0);

    const body = await status();
    const { body: promotion } = await adminApi(packyard.admin)
      .get(`/api/v1/promotions/${ordered.id}`)
      .expect(200);
    const { code } = promotion.error;
    expect(['NOTHING_STAGED', 'TOOL_MISSING']).toContain(code); // by what this machine has

    const failed = {
      id: ordered.id,
      kind: 'promotion',
      target: 'el9-x86_64',
      state: 'failed',
      at: expect.stringMatching(/Z$/),
      error_code: code,
    };
    expect(body.promotions).toEqual([
      {
        publication: 'rpm/core/2025/el9-x86_64',
        under_way: 0,
        awaiting_signer: 0,
        seconds_without_signer: null,
        last: failed,
        failure: failed,
      },
    ]);
    expect(messages(body)).toContain(`rpm/core/2025/el9-x86_64 failed with ${code}`);
  });

  it('knows development keys', async () => {
    const other = await packyard.startAnother({ PUBLIC_KEYS_DIR: '/nowhere' });
    const { body } = await adminApi(other.admin).get('/api/v1/status').expect(200);
    await other.stop();
    expect(body.health.signing_keys).toMatchObject({
      gpg: [{ fingerprint: expect.stringMatching(/^[0-9A-F]{40}$/), expires_at: null }],
      cosign: true,
      development: true,
      problems: [],
    });
    expect(messages(body)).toContain('Development signing keys are in use');
  });
});

describe('what is published', () => {
  const place = () => join(packyard.publishedDir, 'rpm/core/2025/el9-x86_64');
  const component = async () =>
    (await adminApi(packyard.admin).get('/api/v1/components/core').expect(200)).body;

  it('is in the component and in the status alike', async () => {
    await mkdir(join(place(), 'repodata'), { recursive: true });
    await writeFile(
      join(place(), 'repodata/repomd.xml'),
      '<repomd><revision>r7</revision><data><timestamp>1763900000</timestamp></data></repomd>',
    );
    const rpm = {
      series: '2025',
      target: 'el9-x86_64',
      state: 'published',
      problem: null,
      signed: false,
      revision: 'r7',
      published_at: '2025-11-23T12:13:20.000Z',
    };
    await until(async () => (await component()).published.rpm[1].state === 'published');
    const { published } = await component();
    expect(published.rpm[1]).toEqual(rpm);
    expect(published.rpm[0]).toMatchObject({ series: '2024', state: 'empty', revision: null });
    expect(published.deb[0]).toMatchObject({
      series: '2024',
      distribution: 'bookworm',
      state: 'empty',
    });
    expect(published.oci).toEqual({
      state: 'unknown',
      problem: 'The registry does not answer (ECONNREFUSED)',
      tags: [],
    });
    const body = await status();
    expect(body.components[0]).toEqual({ name: 'core', visibility: 'private', published });
    expect(messages(body)).toContain('rpm/core/2025/el9-x86_64 carry no signature');
    expect(messages(body)).toContain('Nothing is published of minion and open');
  });

  it('may be a link that leads nowhere', async () => {
    const link = join(packyard.publishedDir, 'rpm/minion/2025/el9-x86_64');
    await mkdir(dirname(link), { recursive: true });
    await symlink('/nowhere', link);
    const problem = 'rpm/minion/2025/el9-x86_64 is a link that leads nowhere';
    await until(async () => messages(await status()).includes(problem));
    const list = (await adminApi(packyard.admin).get('/api/v1/components').expect(200)).body;
    expect(list[1].published.rpm[0]).toMatchObject({ state: 'unreadable', problem });
  });
});

describe('the page', () => {
  const FILES = [
    ['/', 'text/html'],
    ['/status.js', 'javascript'],
    ['/sections.js', 'javascript'],
    ['/page.css', 'text/css'],
    ['/icon.svg', 'image/svg'],
  ] as const;

  it.each(FILES)('has %s, which may do nothing but what it needs', async (path, type) => {
    const { headers } = await adminApi(packyard.admin)
      .get(path)
      .expect(200)
      .expect('Content-Type', new RegExp(type))
      .expect('X-Content-Type-Options', 'nosniff')
      .expect('Cache-Control', 'no-store');
    const policy = headers['content-security-policy'] as string;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  it.each(FILES)('has %s behind the guard, and on no other listener', async (path) => {
    for (const host of ['evil.example', '127.0.0.1.evil.example']) {
      const { body } = await adminApi(packyard.admin).get(path).set('Host', host).expect(403);
      expect(body.code).toBe('FOREIGN_HOST');
    }
    await request(packyard.auth).get(path).expect(404);
    await request(packyard.metrics).get(path).expect(404);
    await request(packyard.gateway).get(path).expect(401);
  });

  it.each(['/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json', '/package.json'])(
    'lets nobody out of its folder by %s',
    async (path) => {
      const { status: code, text } = await adminApi(packyard.admin).get(path);
      expect([400, 403, 404]).toContain(code);
      expect(text).not.toContain('devDependencies');
    },
  );

  it('takes no order', async () => {
    await adminApi(packyard.admin).post('/').expect(404);
  });
});

describe.each(['cut', 'hang'] as const)('while the way to the database is %s', (fault) => {
  afterAll(() => proxy.restore());

  it('answers, says so, and has what needs no database', async () => {
    proxy[fault]();
    const began = performance.now();
    const body = await status();

    expect(performance.now() - began).toBeLessThan(5_000);
    expect(body).toMatchObject({
      state: 'critical',
      keys: null,
      requests: null,
      promotions: null,
      health: {
        database: { up: false, latency_ms: null, problem: 'The database does not answer.' },
        auth_processes: null,
        published_tree: { up: true },
      },
    });
    expect(body.components).toHaveLength(3);
    expect(messages(body)).toContain('see that PostgreSQL runs');
  });

  it('is whole again when the database is', async () => {
    proxy.restore();
    await until(async () => (await status()).health.database.up);
    expect((await status()).keys.revoked).toBe(1);
  });
});
