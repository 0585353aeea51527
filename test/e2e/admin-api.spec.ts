import request from 'supertest';
import { adminApi } from '../support/admin-api.js';
import { install, type Installation } from '../support/installation.js';

let packyard: Installation;
beforeAll(async () => {
  packyard = await install();
});
afterAll(() => packyard.remove());

const api = () => adminApi(packyard.admin);
const UNKNOWN_ID = '11111111-1111-4111-8111-111111111111';
const ERROR = {
  code: expect.any(String),
  message: expect.stringMatching(/\S+ .*\.$/s),
  request_id: expect.any(String),
};

describe('keys', () => {
  it('begins with an empty array, as the operator’s document shows', async () => {
    await api().get('/api/v1/keys').expect(200, []);
  });

  it('shows the secret in the answer that makes it, and nowhere else', async () => {
    const { body } = await api()
      .post('/api/v1/keys')
      .set('Content-Type', 'application/json')
      .send('{"component": "core", "label": "Acme Corp — Core"}')
      .expect(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      key: expect.stringMatching(/^pky_[0-9A-Za-z]{38}$/),
      label: 'Acme Corp — Core',
      customer: null,
      components: ['core'],
      state: 'active',
      secrets: [
        { hint: `pky_…${body.key.slice(-4)}`, created_at: expect.any(String), expires_at: null },
      ],
      created_at: expect.any(String),
      expires_at: null,
      revoked_at: null,
      usage_count: 0,
      last_used_at: null,
      setup: expect.objectContaining({ notes: [] }),
    });
    const { key, setup, ...withoutSecret } = body;
    expect(JSON.stringify(setup.clients.map(({ text }: { text: string }) => text))).not.toContain(
      key,
    );
    const inspected = await api().get(`/api/v1/keys/${body.id}`).expect(200);
    expect(inspected.body).toEqual(withoutSecret);
    const listed = await api().get('/api/v1/keys').expect(200);
    expect(listed.body).toEqual([withoutSecret]);
    expect(JSON.stringify(packyard.logs)).not.toContain(key);
  });

  it('revokes, and again, and not what never was', async () => {
    const { id } = await packyard.createKey();
    await api().delete(`/api/v1/keys/${id}`).expect(204, '');
    const first = (await api().get(`/api/v1/keys/${id}`)).body;
    expect(first).toMatchObject({ state: 'revoked', revoked_at: expect.any(String) });
    await api().delete(`/api/v1/keys/${id}`).expect(204);
    expect((await api().get(`/api/v1/keys/${id}`)).body).toEqual(first);
    const { body } = await api().delete(`/api/v1/keys/${UNKNOWN_ID}`).expect(404);
    expect(body).toEqual({ ...ERROR, code: 'KEY_NOT_FOUND' });
  });

  it('filters, and pages by Link through everything once', async () => {
    const customer = 'paging';
    const made: string[] = [];
    for (let i = 0; i < 7; i++) {
      made.push(
        (await packyard.createKey({ component: 'minion', label: `page ${i}`, customer })).id,
      );
    }
    const seen: string[] = [];
    let next: string | undefined = `/api/v1/keys?customer=${customer}&limit=3`;
    const sizes: number[] = [];
    while (next) {
      const answer: request.Response = await api().get(next).expect(200);
      const { body, headers } = answer;
      sizes.push(body.length);
      seen.push(...body.map(({ id }: { id: string }) => id));
      next = /<([^>]+)>; rel="next"/.exec(headers.link ?? '')?.[1];
    }
    expect(sizes).toEqual([3, 3, 1]);
    expect(seen).toEqual(made.reverse());
    expect((await api().get('/api/v1/keys?label=PAGE%203')).body).toHaveLength(1);
    expect((await api().get('/api/v1/keys?component=minion&state=revoked')).body).toEqual([]);
    expect((await api().get('/api/v1/keys?expires_before=2030-01-01T00:00:00Z')).body).toEqual([]);
  });
});

describe('bad input', () => {
  const good = { component: 'core', label: 'x' };
  it.each([
    ['an unknown component', { ...good, component: 'nope' }, 422, 'UNKNOWN_COMPONENT'],
    [
      'a component of another kind of name',
      { ...good, component: '__proto__' },
      422,
      'UNKNOWN_COMPONENT',
    ],
    ['no component', { label: 'x' }, 400, 'INVALID_REQUEST'],
    ['component and components', { ...good, components: ['core'] }, 400, 'INVALID_REQUEST'],
    ['no label', { component: 'core' }, 400, 'INVALID_REQUEST'],
    ['an empty label', { ...good, label: '' }, 400, 'INVALID_REQUEST'],
    ['a label with a NUL', { ...good, label: 'a\0b' }, 400, 'INVALID_REQUEST'],
    ['a label that is a number', { ...good, label: 7 }, 400, 'INVALID_REQUEST'],
    ['a very long label', { ...good, label: 'x'.repeat(201) }, 400, 'INVALID_REQUEST'],
    ['an unknown field', { ...good, admin: true }, 400, 'INVALID_REQUEST'],
    ['no components', { components: [], label: 'x' }, 400, 'INVALID_REQUEST'],
    [
      'the same component twice',
      { components: ['core', 'core'], label: 'x' },
      400,
      'INVALID_REQUEST',
    ],
    ['components of the wrong type', { components: 'core', label: 'x' }, 400, 'INVALID_REQUEST'],
    ['a past expiry', { ...good, expires_at: '2020-01-01T00:00:00Z' }, 400, 'INVALID_REQUEST'],
    [
      'an expiry without a zone',
      { ...good, expires_at: '2099-01-01T00:00:00' },
      400,
      'INVALID_REQUEST',
    ],
    [
      'an expiry on no day',
      { ...good, expires_at: '2099-02-31T00:00:00Z' },
      400,
      'INVALID_REQUEST',
    ],
    ['a list', [good], 400, 'INVALID_REQUEST'],
    ['null', 'null', 400, 'INVALID_REQUEST'],
    ['half of it', '{"component": "core"', 400, 'MALFORMED_JSON'],
    ['nothing', '', 400, 'MALFORMED_JSON'],
    [
      'a poisoned prototype',
      '{"__proto__": {"x": 1}, "component": "core", "label": "x"}',
      400,
      'MALFORMED_JSON',
    ],
    ['a megabyte and more', { ...good, label: 'x'.repeat(1024 * 1024) }, 413, 'BODY_TOO_LARGE'],
  ])('%s', async (_, body, status, code) => {
    const answer = await api()
      .post('/api/v1/keys')
      .set('Content-Type', 'application/json')
      .send(body);
    expect(answer.body).toMatchObject({ ...ERROR, code });
    expect(answer.status).toBe(status);
  });

  it.each([
    ['/api/v1/keys/7', 400, 'INVALID_REQUEST'],
    ['/api/v1/keys/..%2f', 400, 'INVALID_REQUEST'],
    ['/api/v1/keys?limit=0', 400, 'INVALID_REQUEST'],
    ['/api/v1/keys?limit=501', 400, 'INVALID_REQUEST'],
    ['/api/v1/keys?limit=abc', 400, 'INVALID_REQUEST'],
    ['/api/v1/keys?cursor=abc', 400, 'INVALID_REQUEST'],
    ['/api/v1/keys?state=lost', 400, 'INVALID_REQUEST'],
    ['/api/v1/keys?colour=red', 400, 'INVALID_REQUEST'],
    ['/api/v1/keys?component=a&component=b', 400, 'INVALID_REQUEST'],
    ['/api/v1/keys?customer=a%00b', 400, 'INVALID_REQUEST'],
    [`/api/v1/keys/${UNKNOWN_ID}`, 404, 'KEY_NOT_FOUND'],
    ['/api/v1/components/nope', 404, 'COMPONENT_NOT_FOUND'],
    ['/api/v1/nope', 404, 'ROUTE_NOT_FOUND'],
    ['/%', 400, 'INVALID_REQUEST'],
  ])('GET %s is %d %s', async (path, status, code) => {
    const answer = await api().get(path);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ ...ERROR, code });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
  ])('takes no body of %s', async (type) => {
    const { body } = await api()
      .post('/api/v1/keys')
      .set('Content-Type', type)
      .send('{"component":"core","label":"x"}')
      .expect(415);
    expect(body).toMatchObject({ ...ERROR, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  it('takes no null where a body may be left out', async () => {
    const { body } = await api()
      .post('/api/v1/components/reload')
      .set('Content-Type', 'application/json')
      .send('null')
      .expect(400);
    expect(body).toMatchObject({ ...ERROR, code: 'INVALID_REQUEST' });
    await api().post('/api/v1/components/reload').send({ force: null }).expect(400);
    await api().post('/api/v1/components/reload').expect(200);
  });

  it('made no key of any of it', async () => {
    expect((await api().get('/api/v1/keys?label=x&limit=500')).body).toEqual([]);
  });
});

describe('the guard', () => {
  const port = () => new URL(packyard.admin).port;

  it.each(['evil.example', '127.0.0.1.evil.example', 'localhost.', '[::2]', '2130706433'])(
    'answers to no request for host %s, be it documentation',
    async (host) => {
      for (const path of ['/api/v1/keys', '/docs', '/docs/openapi.json', '/docs/swagger-ui.css']) {
        const { body } = await api().get(path).set('Host', `${host}:${port()}`).expect(403);
        expect(body).toMatchObject({ ...ERROR, code: 'FOREIGN_HOST' });
      }
    },
  );

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST:1', '[::1]:8088'])(
    'answers to host %s',
    async (host) => {
      await api().get('/api/v1/keys').set('Host', host).expect(200);
    },
  );

  it.each([
    ['a foreign Origin', { Origin: 'https://evil.example' }],
    ['an opaque Origin', { Origin: 'null' }],
    ['an Origin on another port of this host', { Origin: 'http://127.0.0.1:1' }],
    ['a cross-site fetch', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a fetch from another port of this host', { 'Sec-Fetch-Site': 'same-site' }],
  ])('lets %s change nothing, with a body or without', async (_, headers) => {
    const { id } = await packyard.createKey({ component: 'core', label: 'guarded' });
    const requests = [
      api().post('/api/v1/keys').send({ component: 'core', label: 'forged' }),
      api().post('/api/v1/components/reload'),
      api().delete(`/api/v1/keys/${id}`),
    ];
    for (const each of requests) {
      const { body } = await each.set(headers).expect(403);
      expect(body).toMatchObject({ ...ERROR, code: 'FOREIGN_ORIGIN' });
    }
    expect((await api().get(`/api/v1/keys/${id}`)).body.state).toBe('active');
    expect((await api().get('/api/v1/keys?label=forged')).body).toEqual([]);
  });

  it('lets its own pages change things', async () => {
    const order = { component: 'core', label: 'own page' };
    await api()
      .post('/api/v1/keys')
      .set({ Origin: packyard.admin, 'Sec-Fetch-Site': 'same-origin' })
      .send(order)
      .expect(201);
  });

  it('believes no X-Forwarded-For and no X-Forwarded-Host', async () => {
    const other = await packyard.startAnother({ ADMIN_ALLOWED_CIDRS: '10.1.2.3/32' });
    const { body } = await adminApi(other.admin)
      .get('/api/v1/keys')
      .set('X-Forwarded-For', '10.1.2.3')
      .expect(403);
    expect(body).toMatchObject({ ...ERROR, code: 'FOREIGN_PEER' });
    await api()
      .get('/docs')
      .set({ Host: 'evil.example', 'X-Forwarded-Host': 'localhost' })
      .expect(403);
  });
});

describe('the listeners', () => {
  it.each([
    ['auth', '/health/live', 200],
    ['auth', '/health/ready', 200],
    ['auth', '/api/v1/keys', 404],
    ['auth', '/docs', 404],
    ['auth', '/metrics', 404],
    ['admin', '/api/v1/keys', 200],
    ['admin', '/docs/openapi.json', 200],
    ['admin', '/health/live', 404],
    ['admin', '/metrics', 404],
    ['admin', '/auth', 404],
    ['metrics', '/metrics', 200],
    ['metrics', '/api/v1/keys', 404],
    ['metrics', '/health/live', 404],
    ['metrics', '/docs', 404],
    ['gateway', '/api/v1/keys', 401],
    ['gateway', '/metrics', 401],
    ['gateway', '/auth', 401],
    ['gateway', '/docs', 401],
  ] as const)('%s has %s: %d', async (listener, path, status) => {
    const listening = listener === 'admin' ? api() : request(packyard[listener]);
    await listening.get(path).expect(status);
  });

  it('shows the documentation without asking any other host', async () => {
    const { text } = await api()
      .get('/docs')
      .redirects(1)
      .expect(200)
      .expect('Content-Type', /html/);
    expect(text).toContain('Packyard admin API');
    expect(text.match(/(?:src|href)="(?:https?:)?\/\/[^"]*/g)).toBeNull();
    await api().get('/docs/swagger-ui-bundle.js').expect(200);
  });
});

describe('what a browser is told', () => {
  it.each(['/api/v1/keys', '/docs', '/docs/swagger-ui.css', '/nope', '/%'])(
    'of %s: not to frame it, not to load it elsewhere, not to guess what it is',
    async (path) => {
      const { headers } = await api().get(path);
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
    },
  );

  it('of keys: to keep none', async () => {
    await api().get('/api/v1/keys').expect('Cache-Control', 'no-store');
    await api()
      .post('/api/v1/keys')
      .send({ component: 'core', label: 'kept nowhere' })
      .expect(201)
      .expect('Cache-Control', 'no-store');
  });
});

describe('the catalogue', () => {
  it('is listed, and one by one', async () => {
    const { body } = await api().get('/api/v1/components').expect(200);
    expect(body.map(({ name }: { name: string }) => name)).toEqual(['core', 'minion', 'open']);
    const core = await api().get('/api/v1/components/core').expect(200);
    expect(core.body).toEqual(body[0]);
  });
});
