import { request as httpRequest } from 'node:http';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import request from 'supertest';
import { install, type Installation } from '../support/installation.js';

let packyard: Installation;
let core: string;

const SNAPSHOT = '.snap/rpm/core-2025-el9-x86_64/1';
const LIVE = 'rpm/core/2025/el9-x86_64';

beforeAll(async () => {
  packyard = await install();
  core = (await packyard.createKey()).key;
  await put(`${SNAPSHOT}/repodata/repomd.xml`, '<repomd>1</repomd>');
  await put(`${SNAPSHOT}/hello+1~rc1-1.noarch.rpm`, '0123456789');
  await link(`../../../${SNAPSHOT}`, LIVE);
  await put('rpm/minion/2025/el9-x86_64/repodata/repomd.xml', '<repomd>minion</repomd>');
  await put('rpm/open/2025/el9-x86_64/repodata/repomd.xml', '<repomd>open</repomd>');
  await writeFile(join(packyard.folder, 'outside.txt'), 'outside');
  await link('../../../../../outside.txt', `${SNAPSHOT}/outside.txt`);
});
afterAll(() => packyard.remove());

async function put(path: string, content: string): Promise<void> {
  const file = join(packyard.publishedDir, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function link(target: string, path: string): Promise<void> {
  const file = join(packyard.publishedDir, path);
  await mkdir(dirname(file), { recursive: true });
  await symlink(target, `${file}.new`);
  await rename(`${file}.new`, file);
}

const get = (path: string, key?: string) => {
  const asked = request(packyard.gateway).get(path);
  return key ? asked.auth('subscriber', key) : asked;
};

/** Sends a path as it is: supertest, like most clients, would tidy it first. */
function getRaw(path: string, key: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(packyard.gateway);
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ hostname, port, path, auth: `subscriber:${key}` }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('the gateway', () => {
  const repomd = `/${LIVE}/repodata/repomd.xml`;

  it('serves what the key opens, through the link to its snapshot', async () => {
    const { text, headers } = await get(repomd, core).buffer(true).expect(200);
    expect(text).toBe('<repomd>1</repomd>');
    expect(headers['cache-control']).toBe('private, no-cache');
  });

  it('asks for a key, and refuses another component’s', async () => {
    await get(repomd)
      .expect(401)
      .expect('WWW-Authenticate', 'Basic realm="Packyard", charset="UTF-8"');
    await get('/rpm/minion/2025/el9-x86_64/repodata/repomd.xml', core).expect(401);
    await get('/rpm/core/2025/el9-x86_64/nothing-here.rpm', core).expect(404);
  });

  it('serves a plain folder that was put there by hand, and a public component to anyone', async () => {
    const { headers } = await get('/rpm/open/2025/el9-x86_64/repodata/repomd.xml').expect(200);
    expect(headers['cache-control']).toBe('public, no-cache');
  });

  it('resumes, revalidates and answers HEAD', async () => {
    const path = `/${LIVE}/hello%2b1%7erc1-1.noarch.rpm`;
    const whole = await get(path, core).expect(200);
    expect(whole.headers).toMatchObject({
      'content-length': '10',
      'accept-ranges': 'bytes',
      etag: expect.any(String),
    });
    const rest = await get(path, core).set('Range', 'bytes=4-').buffer(true).expect(206);
    expect(rest.headers['content-range']).toBe('bytes 4-9/10');
    await get(path, core).set('Range', 'bytes=99-').expect(416);
    await get(path, core)
      .set('If-None-Match', whole.headers.etag as string)
      .expect(304);
    await get(path, core)
      .set('If-Modified-Since', whole.headers['last-modified'] as string)
      .expect(304);
    await request(packyard.gateway)
      .head(path)
      .auth('subscriber', core)
      .expect(200)
      .expect('Content-Length', '10');
  });

  it('serves the new snapshot once the link is switched', async () => {
    await put('.snap/rpm/core-2025-el9-x86_64/2/repodata/repomd.xml', '<repomd>2</repomd>');
    await link('../../../.snap/rpm/core-2025-el9-x86_64/2', LIVE);
    const { text } = await get(repomd, core).buffer(true).expect(200);
    expect(text).toBe('<repomd>2</repomd>');
    await link(`../../../${SNAPSHOT}`, LIVE);
  });

  it.each([
    `/${LIVE}/outside.txt`,
    '/rpm/core/.snap/x',
    `/${LIVE}/.hidden`,
    `/${LIVE}/`,
    `/${LIVE}/repodata`,
  ])('has nothing at %s', async (path) => {
    expect((await getRaw(path, core)).status).toBe(404);
  });

  it.each([
    '/rpm/core/../minion/2025/el9-x86_64/repodata/repomd.xml',
    '/rpm/core/..%2fminion/2025/el9-x86_64/repodata/repomd.xml',
    '/rpm/core/%2e%2e/minion/2025/el9-x86_64/repodata/repomd.xml',
    '/rpm//core/../minion/2025/el9-x86_64/repodata/repomd.xml',
    '//rpm/minion/2025/el9-x86_64/repodata/repomd.xml',
    '/rpm%2fminion/2025/el9-x86_64/repodata/repomd.xml',
    '/.snap/rpm/core-2025-el9-x86_64/1/repodata/repomd.xml',
    '/outside.txt',
    '/',
  ])('does not serve %s', async (path) => {
    expect((await getRaw(path, core)).status).toBe(403);
  });

  it('takes no other method, whatever body it has', async () => {
    await request(packyard.gateway)
      .put(repomd)
      .auth('subscriber', core)
      .send('x'.repeat(100_000))
      .expect(405)
      .expect('Allow', 'GET, HEAD');
    await request(packyard.gateway).post(repomd).send({ a: 1 }).expect(401);
  });

  it('serves the public keys to anyone', async () => {
    await get('/gpg/lts.asc')
      .expect(200)
      .expect('Content-Type', /^text\/plain/);
    await get('/gpg/cosign.pub')
      .expect(200)
      .expect(/PUBLIC KEY/);
    await request(packyard.gateway).head('/gpg/lts.asc').expect(200);
    await request(packyard.gateway).delete('/gpg/lts.asc').expect(405);
    await get('/gpg/other').expect(401);
  });

  it('lets a docker client log in, and says that there is no registry', async () => {
    await get('/v2/').expect(401).expect('Content-Type', 'application/json');
    await get('/v2/', core).expect(200).expect('Docker-Distribution-API-Version', 'registry/2.0');
    const { body } = await get('/v2/oci/lts-core/manifests/2025', core).expect(404);
    expect(body.errors[0].message).toContain('REGISTRY_URL');
  });

  it('answers 503 in OCI form when the registry is not there', async () => {
    const other = await packyard.startAnother({ REGISTRY_URL: 'http://127.0.0.1:9' });
    const { body } = await request(other.gateway)
      .get('/v2/oci/lts-core/manifests/2025')
      .auth('subscriber', core)
      .expect(503);
    expect(body.errors[0].code).toBe('UNAVAILABLE');
  });

  it('counts each decision', async () => {
    const { text } = await request(packyard.metrics).get('/metrics').expect(200);
    expect(text).toMatch(
      /packyard_auth_requests_total\{status="allowed",reason="key",format="rpm"\} \d/,
    );
    expect(text).toMatch(
      /packyard_auth_requests_total\{status="allowed_public",reason="public",format="rpm"\} 1/,
    );
    expect(text).toMatch(
      /packyard_auth_requests_total\{status="denied",reason="out-of-scope",format="rpm"\} 1/,
    );
    expect(text).toMatch(/packyard_auth_duration_seconds_count \d/);
  });
});
