import { randomBytes, randomUUID } from 'node:crypto';
import type request from 'supertest';
import { generateSecret } from '../../src/keys/key-format.js';
import { adminApi } from '../support/admin-api.js';
import { ask, CORE, statusOf } from '../support/ask.js';
import { install, type Installation } from '../support/installation.js';
import { until } from '../support/until.js';

let packyard: Installation;
beforeAll(async () => {
  packyard = await install();
});
afterAll(() => packyard.remove());

const api = () => adminApi(packyard.admin);
const status = (key: string, uri?: string) => statusOf(packyard.auth, key, uri);
const MINION = '/rpm/minion/2025/el9-x86_64/repodata/repomd.xml';
const UNKNOWN_ID = '11111111-1111-4111-8111-111111111111';

describe('a rotation', () => {
  const rotate = (id: string, body: object = {}) =>
    api().post(`/api/v1/keys/${id}/rotate`).send(body);

  it('gives a new secret that works at once, beside the old one', async () => {
    const { id, key: old } = await packyard.createKey();
    const { body, headers } = await api().post(`/api/v1/keys/${id}/rotate`).expect(201);

    expect(body).toMatchObject({ id, state: 'active', key: expect.stringMatching(/^pky_/) });
    expect(headers['packyard-propagation']).toBe('confirmed');
    expect(body.key).not.toBe(old);
    expect(body.secrets).toHaveLength(2);
    const inAWeek = Date.now() + 7 * 86_400_000;
    expect(Math.abs(Date.parse(body.secrets[1].expires_at) - inAWeek)).toBeLessThan(60_000);
    expect([await status(old), await status(body.key)]).toEqual([200, 200]);
    expect(JSON.stringify(packyard.logs)).not.toContain(body.key);
  });

  it('ends the old secret when the overlap does', async () => {
    const { id, key: old } = await packyard.createKey();
    const { body } = await rotate(id, { overlap: 'PT1S' }).expect(201);
    expect(await status(old)).toBe(200);
    await until(async () => (await status(old)) === 401);
    expect(await status(body.key)).toBe(200);
    expect((await api().get(`/api/v1/keys/${id}`)).body.secrets).toHaveLength(1);
  });

  it('without an overlap ends it at once', async () => {
    const { id, key: old } = await packyard.createKey();
    const { body } = await rotate(id, { overlap: 'PT0S' }).expect(201);
    expect([await status(old), await status(body.key)]).toEqual([401, 200]);
  });

  it('is refused while one is under way, unless it is said what to replace', async () => {
    const { id, key: old } = await packyard.createKey();
    const lost = (await rotate(id).expect(201)).body.key;
    const refused = await rotate(id).expect(409);
    expect(refused.body).toMatchObject({
      code: 'ROTATION_IN_PROGRESS',
      details: { until: expect.any(String) },
    });
    const { body } = await rotate(id, { replace: true }).expect(201);
    expect([await status(old), await status(lost), await status(body.key)]).toEqual([
      200, 401, 200,
    ]);
  });

  it('ends with its key', async () => {
    const { id, key: old } = await packyard.createKey();
    const { body } = await rotate(id).expect(201);
    await api().delete(`/api/v1/keys/${id}`).expect(204);
    expect([await status(old), await status(body.key)]).toEqual([401, 401]);
    expect((await rotate(id).expect(409)).body.code).toBe('KEY_REVOKED');
  });

  it.each([
    [{ overlap: 'a week' }],
    [{ overlap: 'P2Y' }],
    [{ overlap: '-P1D' }],
    [{ overlap: 7 }],
    [{ replace: 'yes' }],
    [{ extra: 1 }],
  ])('with %j is refused', async (body) => {
    const { id } = await packyard.createKey();
    expect((await rotate(id, body).expect(400)).body.code).toBe('INVALID_REQUEST');
    await rotate(UNKNOWN_ID).expect(404);
  });
});

describe('an edit', () => {
  const patch = (id: string, body: object) => api().patch(`/api/v1/keys/${id}`).send(body);

  it('changes what it names, in force when it is answered', async () => {
    const { id, key } = await packyard.createKey({ component: 'core', label: 'x', customer: 'C' });
    const { body, headers } = await patch(id, { label: 'y', components: ['minion'] }).expect(200);
    expect(body).toMatchObject({ id, label: 'y', customer: 'C', components: ['minion'] });
    expect(body.key).toBeUndefined();
    expect(headers['packyard-propagation']).toBe('confirmed');
    expect([await status(key), await status(key, MINION)]).toEqual([401, 200]);

    expect((await patch(id, { customer: null }).expect(200)).body.customer).toBeNull();
    expect((await patch(id, {}).expect(200)).body.label).toBe('y');
  });

  it('gives a key an end, and takes it away', async () => {
    const { id, key } = await packyard.createKey();
    const soon = new Date(Date.now() + 2_000).toISOString();
    expect((await patch(id, { expires_at: soon }).expect(200)).body.expires_at).toBe(soon);
    await until(async () => (await status(key)) === 401);
    expect((await patch(id, { expires_at: null }).expect(200)).body.state).toBe('active');
    expect(await status(key)).toBe(200);
  });

  it.each([
    [{ label: null }, 400, 'INVALID_REQUEST'],
    [{ label: '' }, 400, 'INVALID_REQUEST'],
    [{ components: [] }, 400, 'INVALID_REQUEST'],
    [{ components: null }, 400, 'INVALID_REQUEST'],
    [{ components: ['nope'] }, 422, 'UNKNOWN_COMPONENT'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, 400, 'INVALID_REQUEST'],
    [{ state: 'active' }, 400, 'INVALID_REQUEST'],
    [{ id: UNKNOWN_ID }, 400, 'INVALID_REQUEST'],
  ])('to %j is refused: %d', async (body, expected, code) => {
    const { id } = await packyard.createKey();
    const before = (await api().get(`/api/v1/keys/${id}`)).body;
    const answer = await patch(id, body);
    expect(answer.status).toBe(expected);
    expect(answer.body.code).toBe(code);
    expect((await api().get(`/api/v1/keys/${id}`)).body).toEqual(before);
  });

  it('brings no revoked key back', async () => {
    const { id, key } = await packyard.createKey();
    await api().delete(`/api/v1/keys/${id}`).expect(204);
    expect((await patch(id, { components: ['minion'] }).expect(409)).body.code).toBe('KEY_REVOKED');
    expect((await patch(id, { label: 'left us' }).expect(200)).body.state).toBe('revoked');
    expect(await status(key)).toBe(401);
    await patch(UNKNOWN_ID, { label: 'x' }).expect(404);
  });
});

describe('an order with an Idempotency-Key', () => {
  const order = (idempotencyKey: string, label: string) =>
    api()
      .post('/api/v1/keys')
      .set('Idempotency-Key', idempotencyKey)
      .send({ component: 'core', label });

  it('makes one key, however often it comes, and its secret is shown once', async () => {
    const [token, label] = [randomUUID(), randomUUID()];
    const { body } = await order(token, label).expect(201);
    const again = await order(token, label).expect(409);
    expect(again.body).toMatchObject({ code: 'KEY_ALREADY_CREATED', details: { id: body.id } });
    expect(JSON.stringify(again.body)).not.toContain(body.key);
    await order(randomUUID(), label).expect(201);
    expect((await api().get(`/api/v1/keys?label=${label}`)).body).toHaveLength(2);
  });

  it('makes one key of orders that come at once', async () => {
    const [token, label] = [randomUUID(), randomUUID()];
    const answers = await Promise.all(Array.from({ length: 10 }, () => order(token, label)));
    expect(answers.filter((each) => each.status === 201)).toHaveLength(1);
    expect(answers.filter((each) => each.status === 409)).toHaveLength(9);
  });

  it.each(['', 'x'.repeat(256), 'two words'])('that is "%s" is refused', async (token) => {
    const { body } = await order(token, 'x').expect(400);
    expect(body.code).toBe('INVALID_REQUEST');
  });
});

describe('looking up what a subscriber has', () => {
  const lookUp = async (key: string, path?: string) =>
    (await api().post('/api/v1/keys/lookup').send({ key, path }).expect(200)).body;

  it('finds the key, and what a request would be refused for', async () => {
    const { id, key } = await packyard.createKey();
    expect(await lookUp(key)).toMatchObject({ id, key: { id, state: 'active' }, denied_for: null });
    expect(await lookUp(key, CORE)).toMatchObject({ id, denied_for: null });
    expect(await lookUp(key, `https://pkg.example.org${CORE}`)).toMatchObject({ denied_for: null });
    for (const [path, reason] of [
      [MINION, 'out-of-scope'],
      ['/rpm/nope/2025/x', 'out-of-scope'],
      ['/rpm/core/../minion/x', 'non-canonical-path'],
      ['https://pkg.example.org', 'unlisted-path'],
      ['/v2/_catalog', 'unlisted-path'],
    ]) {
      expect((await lookUp(key, path)).denied_for.reason).toBe(reason);
    }
    await api().delete(`/api/v1/keys/${id}`).expect(204);
    expect(await lookUp(key)).toMatchObject({ id, denied_for: { reason: 'revoked-key' } });
  });

  it('knows a secret that a rotation ended', async () => {
    const { id, key: old } = await packyard.createKey();
    await api().post(`/api/v1/keys/${id}/rotate`).send({ overlap: 'PT0S' }).expect(201);
    expect(await lookUp(old)).toMatchObject({ id, denied_for: { reason: 'revoked-key' } });
  });

  it('says of what is no key, or nobody’s, just that', async () => {
    const secret = generateSecret();
    expect(await lookUp(secret)).toMatchObject({ id: null, denied_for: { reason: 'unknown-key' } });
    const typo = `${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`;
    expect(await lookUp(typo)).toMatchObject({
      id: null,
      key: null,
      denied_for: { reason: 'malformed-key' },
    });
    await api().post('/api/v1/keys/lookup').send({}).expect(400);
    expect(JSON.stringify(packyard.logs)).not.toContain(secret);
  });

  it('agrees with what the auth listener answers', async () => {
    const { key } = await packyard.createKey({ components: ['core', 'minion'], label: 'both' });
    for (const path of [CORE, MINION, '/rpm/open/2025/x', '/rpm//core/x', '/gpg/x', '/deb/core/']) {
      const { denied_for } = await lookUp(key, path);
      expect([path, denied_for === null]).toEqual([path, (await status(key, path)) === 200]);
    }
  });
});

describe('usage', () => {
  it('is there day by day, with what it was for', async () => {
    const { id, key } = await packyard.createKey({ components: ['core', 'minion'], label: 'busy' });
    await packyard.database.query(
      `INSERT INTO key_usage (key_id, day, component, format, requests, last_used_at) VALUES
        ($1, '2026-03-01', 'core', 'rpm', 5, now()), ($1, '2026-03-01', 'core', 'deb', 2, now()),
        ($1, '2026-03-03', 'minion', 'rpm', 1, now())`,
      [id],
    );
    const { body } = await api()
      .get(`/api/v1/keys/${id}/usage?from=2026-02-28&to=2026-03-03`)
      .expect(200);
    expect(body).toEqual([
      { day: '2026-02-28', requests: 0, by: [] },
      {
        day: '2026-03-01',
        requests: 7,
        by: [
          { component: 'core', format: 'deb', requests: 2 },
          { component: 'core', format: 'rpm', requests: 5 },
        ],
      },
      { day: '2026-03-02', requests: 0, by: [] },
      {
        day: '2026-03-03',
        requests: 1,
        by: [{ component: 'minion', format: 'rpm', requests: 1 }],
      },
    ]);

    for (let i = 0; i < 3; i++) await ask(packyard.auth, key).expect(200);
    const today = async () => (await api().get(`/api/v1/keys/${id}/usage`)).body.at(-1);
    await until(async () => (await today()).requests === 3, 20_000);
    expect((await api().get(`/api/v1/keys/${id}/usage`)).body).toHaveLength(30);
  });

  it.each(['from=2026-02-30', 'to=yesterday', 'from=2027-01-01&to=2026-01-01', 'day=1'])(
    'of the period %s is refused',
    async (query) => {
      const { id } = await packyard.createKey();
      await api().get(`/api/v1/keys/${id}/usage?${query}`).expect(400);
      await api().get(`/api/v1/keys/${UNKNOWN_ID}/usage`).expect(404);
    },
  );
});

describe('an import', () => {
  const hex = () => randomBytes(32).toString('hex');
  const importKeys = (keys: object[], options: object = {}) =>
    api()
      .post('/api/v1/keys/import')
      .send({ keys, ...options });

  it('takes keys with the secrets that subscribers have', async () => {
    const [one, two] = [hex(), generateSecret()];
    const { body } = await importKeys([
      { key: one, component: 'core', label: 'Acme' },
      { key: two, components: ['core', 'minion'], label: 'Beta', customer: 'C-2' },
      { key: hex(), component: 'core', label: 'Gone', expires_at: '2020-01-01T00:00:00Z' },
    ]).expect(200);
    expect(body).toEqual({ dry_run: false, created: 3, skipped: 0, expired: 1 });
    expect([await status(one), await status(one, MINION), await status(two, MINION)]).toEqual([
      200, 401, 200,
    ]);
    const gone = (await api().get('/api/v1/keys?label=Gone')).body;
    expect(gone).toMatchObject([{ state: 'expired' }]);
    expect(JSON.stringify(packyard.logs)).not.toContain(one);
  });

  it('takes all or none, and names each mistake without repeating a secret', async () => {
    const [good, known] = [hex(), hex()];
    await importKeys([{ key: known, component: 'core', label: 'first' }]).expect(200);
    const { body } = await importKeys([
      { key: good, component: 'core', label: 'never' },
      { key: 'ff', component: 'core', label: 'never' },
      { key: good, component: 'nope', label: 'never' },
    ]).expect(422);
    expect(body).toMatchObject({
      code: 'IMPORT_REFUSED',
      details: {
        total: 3,
        mistakes: [
          { index: 1, field: 'key' },
          { index: 2, field: 'key' },
          { index: 2, field: 'components' },
        ],
      },
    });
    expect(JSON.stringify(body)).not.toContain(good);

    const again = [
      { key: good, component: 'core', label: 'never' },
      { key: known, component: 'core', label: 'never' },
    ];
    const refused = (await importKeys(again).expect(422)).body;
    expect(refused.details.mistakes).toMatchObject([{ index: 1, field: 'key' }]);
    expect(await status(good)).toBe(401);
    expect((await api().get('/api/v1/keys?label=never')).body).toEqual([]);

    const skipping = await importKeys(again, { skip_existing: true }).expect(200);
    expect(skipping.body).toMatchObject({ created: 1, skipped: 1 });
    expect(await status(good)).toBe(200);
  });

  it('changes nothing in a dry run, and says what it would do', async () => {
    const key = hex();
    const keys = [{ key, component: 'core', label: 'rehearsed' }];
    const { body } = await importKeys(keys, { dry_run: true }).expect(200);
    expect(body).toEqual({ dry_run: true, created: 1, skipped: 0, expired: 0 });
    expect(await status(key)).toBe(401);
    expect((await api().get('/api/v1/keys?label=rehearsed')).body).toEqual([]);
  });

  it('names mistakes of form by their place', async () => {
    const { body } = await importKeys([
      { key: hex(), component: 'core', label: 'x' },
      { key: 7, component: 'core', label: '' },
    ]).expect(400);
    expect(body.details.map(({ field }: { field: string }) => field).sort()).toEqual([
      'keys.1.key',
      'keys.1.label',
    ]);
  });

  it('takes ten thousand at once, which are listed, filtered and paged', async () => {
    const keys = Array.from({ length: 10_000 }, (_, i) => ({
      key: hex(),
      component: i % 10 === 0 ? 'minion' : 'core',
      label: `bulk ${i}`,
      customer: `bulk-${i % 100}`,
    }));
    const { body } = await importKeys(keys).expect(200);
    expect(body.created).toBe(10_000);

    const ids = new Set<string>();
    let next: string | undefined = '/api/v1/keys?label=bulk%20&limit=500';
    while (next) {
      const answer: request.Response = await api().get(next).expect(200);
      for (const { id } of answer.body) ids.add(id);
      next = /<([^>]+)>; rel="next"/.exec(answer.headers.link ?? '')?.[1];
    }
    expect(ids.size).toBe(10_000);
    expect((await api().get('/api/v1/keys?customer=bulk-7&limit=500')).body).toHaveLength(100);
    const minions = (await api().get('/api/v1/keys?component=minion&customer=bulk-10')).body;
    expect(minions.length).toBeGreaterThan(0);
    expect(await status(keys[9_999]!.key)).toBe(200);
    const { body: audit } = await api().get('/api/v1/audit?action=key.import&limit=500');
    expect(audit).toHaveLength(500);
  });

  it('of more than the other calls take is no body too large, and of no keys is refused', async () => {
    const keys = Array.from({ length: 6_000 }, () => ({
      key: hex(),
      component: 'core',
      label: 'x'.repeat(200),
    }));
    expect(JSON.stringify(keys).length).toBeGreaterThan(1024 * 1024);
    await importKeys(keys, { dry_run: true }).expect(200);
    await importKeys([]).expect(400);
  });
});
