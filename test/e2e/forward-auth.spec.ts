import request from 'supertest';
import { adminApi } from '../support/admin-api.js';
import { ask as askAuth, CORE } from '../support/ask.js';
import { install, type Installation } from '../support/installation.js';
import { until } from '../support/until.js';

let packyard: Installation;
let live: string;
let revoked: string;
let expired: string;

beforeAll(async () => {
  packyard = await install();
  const key = await packyard.createKey();
  const toRevoke = await packyard.createKey();
  const soon = new Date(Date.now() + 2_000);
  const toExpire = await packyard.createKey({
    component: 'core',
    label: 'x',
    expires_at: soon.toISOString(),
  });
  await adminApi(packyard.admin).delete(`/api/v1/keys/${toRevoke.id}`).expect(204);
  live = key.key;
  revoked = toRevoke.key;
  expired = toExpire.key;
  await new Promise((resolve) => setTimeout(resolve, soon.getTime() - Date.now() + 10));
});
afterAll(() => packyard.remove());

const ask = (uri: string, { key, method }: { key?: string; method?: string } = {}) =>
  askAuth(packyard.auth, key, uri, method);

describe('GET /auth, as Traefik asks it', () => {
  it('lets a live key through to its component, and says to which', async () => {
    await ask(CORE, { key: live }).expect(200).expect('X-Packyard-Scope', '/rpm/core/').expect('');
    await ask('/deb/core/2025/dists/bookworm/InRelease', { key: live }).expect(
      'X-Packyard-Scope',
      '/deb/core/',
    );
    await ask('/v2/oci/lts-core/manifests/2025', { key: live }).expect(
      'X-Packyard-Scope',
      '/v2/oci/lts-core/',
    );
    await ask('/v2/', { key: live }).expect(200);
  });

  it('refuses no key, a garbled, unknown, revoked and expired one with the same challenge', async () => {
    const unknown = 'ab'.repeat(32);
    const answers = await Promise.all(
      [undefined, 'pky_garbled', unknown, revoked, expired].map((key) => ask(CORE, { key })),
    );
    for (const { status, headers, text } of answers) {
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toBe('Basic realm="Packyard", charset="UTF-8"');
      expect(headers['cache-control']).toBe('no-store');
      expect(text).toBe(answers[0]?.text);
    }
  });

  it('decides on all that Traefik lets through, however long', async () => {
    await ask(CORE, { key: 'x'.repeat(30_000) })
      .expect(401)
      .expect('WWW-Authenticate', /^Basic /);
  });

  it('tells a live key of another component so', async () => {
    const { text } = await ask('/rpm/minion/2025/el9-x86_64/repodata/repomd.xml', {
      key: live,
    }).expect(401);
    expect(text).toBe('This key does not include the component "minion".\n');
    const { body } = await ask('/v2/oci/lts-minion/manifests/2025', { key: live }).expect(401);
    expect(body.errors[0]).toMatchObject({
      code: 'DENIED',
      message: 'This key does not include the image "oci/lts-minion".',
    });
  });

  it('lets anyone read a public component', async () => {
    await ask('/rpm/open/2025/el9-x86_64/repodata/repomd.xml')
      .expect(200)
      .expect('X-Packyard-Scope', '/rpm/open/');
    await ask('/rpm/open/2025/x', { key: revoked }).expect(200);
  });

  it('knows no other method and no other path', async () => {
    await ask(CORE, { key: live, method: 'PUT' }).expect(405).expect('Allow', 'GET, HEAD');
    await ask('/v2/_catalog', { key: live }).expect(403);
    await ask('/deb/core/../../rpm/minion/x', { key: live }).expect(403);
    await ask('/rpm/core/..%2f..%2fminion/x', { key: live }).expect(403);
  });

  it('answers 503 when the proxy does not say what is asked for', async () => {
    await request(packyard.auth).get('/auth').auth('subscriber', live).expect(503);
    await request(packyard.auth)
      .get('/auth')
      .set('X-Forwarded-Uri', CORE)
      .auth('subscriber', live)
      .expect(503);
    await request(packyard.auth)
      .get('/auth')
      .set('X-Forwarded-Method', 'GET')
      .auth('subscriber', live)
      .expect(503);
    await ask('', { key: live }).expect(503);
  });

  it('opens several components with one key', async () => {
    const { key } = await packyard.createKey({ components: ['core', 'minion'], label: 'both' });
    await ask(CORE, { key }).expect(200);
    await ask('/v2/oci/lts-minion/manifests/2025', { key }).expect(200);
  });

  it('denies a key the moment its revocation was answered', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, key } = await packyard.createKey();
      await ask(CORE, { key }).expect(200);
      await adminApi(packyard.admin).delete(`/api/v1/keys/${id}`).expect(204);
      await ask(CORE, { key }).expect(401);
    }
  });
});

describe('a second auth process', () => {
  it('follows what the first one did', async () => {
    const other = await packyard.startAnother({
      ADMIN_LISTEN: '',
      METRICS_LISTEN: '',
      GATEWAY_LISTEN: '',
    });
    const askOther = (key: string) =>
      request(other.auth)
        .get('/auth')
        .set('X-Forwarded-Uri', CORE)
        .set('X-Forwarded-Method', 'GET')
        .auth('subscriber', key);
    const settles = (key: string, status: number) =>
      until(async () => (await askOther(key)).status === status);
    const { id, key } = await packyard.createKey();
    await settles(key, 200);
    await adminApi(packyard.admin).delete(`/api/v1/keys/${id}`).expect(204);
    await settles(key, 401);
    expect(other.admin).toBe('');
  });
});
