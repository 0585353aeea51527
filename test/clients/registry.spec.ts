import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningS3Server, startS3Server } from '../promotion/support/s3-server.js';
import { buildTimeout } from './support/built-tools.js';
import { ImageClients } from './support/image-clients.js';
import { rawGet } from './support/raw-request.js';
import { RecordingRelay } from './support/recording-relay.js';
import { makeRefusedKey, type RefusedKey, refusedKeys } from './support/refused-keys.js';
import { type RunningRegistry, startRegistry } from './support/registry.js';
import { expectFailure, expectSuccess, mustRun } from './support/run.js';
import {
  architectures,
  makeImage,
  type SampleImage,
  scriptOf,
  scriptPath,
  sha256,
} from './support/sample-image.js';
import { type Site, startSite } from './support/site.js';

/** More than fits into the buffers of all sockets on the way. */
const payloadSize = 64 * 1024 * 1024;

const indexType = 'application/vnd.oci.image.index.v1+json';

describe('an image registry behind the gateway', () => {
  let site: Site;
  let host: string;
  let relay: RecordingRelay;
  let registry: RunningRegistry;
  let lockedRegistry: RunningRegistry;
  let redirecting: RunningRegistry;
  let storage: RunningS3Server;
  let core: SampleImage;
  let large: SampleImage;
  let minion: SampleImage;
  let community: SampleImage;
  let coreKey: string;
  let clients: ImageClients;

  beforeAll(async () => {
    relay = await RecordingRelay.start();
    site = await startSite({ REGISTRY_URL: relay.url });
    host = new URL(site.packyard.gateway).host;
    const files = await mkdtemp(join(site.folder, 'storage-'));
    registry = await startRegistry(site.folder, files);
    lockedRegistry = await startRegistry(site.folder, files, { locked: true });
    storage = await startS3Server(site.folder);
    await storage.client.createBucket({ Bucket: 'images' });
    redirecting = await startRegistry(site.folder, storage.staging('images'));
    relay.target = registry.host;

    core = await makeImage(site.folder, 'core');
    large = await makeImage(site.folder, 'large', randomBytes(payloadSize));
    minion = await makeImage(site.folder, 'minion');
    community = await makeImage(site.folder, 'community');
    clients = await ImageClients.create(site.folder);
    await push(core, 'lts-core:2024');
    await push(core, 'lts-core:2025');
    await push(large, 'lts-core:large');
    await push(minion, 'lts-minion:2025');
    await push(community, 'lts-community:2025');
    coreKey = (await site.admin.createKey('core')).key;
  }, buildTimeout);
  afterAll(async () => {
    await site?.stop();
    await relay?.stop();
    await lockedRegistry?.stop();
    await redirecting?.stop();
    await storage?.stop();
    await registry?.stop();
  });

  beforeEach(async () => {
    clients = await ImageClients.create(site.folder);
  });

  /** Straight to the registry, as a promotion does: not through the gateway. */
  async function push(image: SampleImage, name: string, to = registry): Promise<void> {
    expectSuccess(await clients.crane('push', image.layout, `${to.host}/oci/${name}`));
  }

  const reference = (name: string) => `${host}/oci/${name}`;

  describe('skopeo', () => {
    const insecure = '--tls-verify=false';
    const inspect = (name: string, ...args: string[]) =>
      clients.skopeo(['inspect', insecure, ...args, `docker://${reference(name)}`]);

    it('logs in with a live key alone', async () => {
      const logIn = (key: string) => {
        const options = [insecure, '--username=subscriber', '--password-stdin'];
        return clients.skopeo(['login', ...options, host], key);
      };

      expectFailure(await logIn('pky_thisIsNoKeyAtAll'), 'invalid username/password');
      expectSuccess(await logIn(coreKey));
      expectSuccess(await inspect('lts-core:2025'));
    });

    it('inspects what was pushed', async () => {
      await clients.addCredentials(host, coreKey);

      const shown = await inspect('lts-core:2025');
      const raw = await inspect('lts-core:2025', '--raw');

      expectSuccess(shown);
      expect(JSON.parse(shown.stdout)).toMatchObject({
        Digest: core.index.digest,
        RepoTags: ['2024', '2025', 'large'],
        Architecture: 'amd64',
      });
      expectSuccess(raw);
      expect(`sha256:${sha256(raw.stdout)}`).toBe(core.index.digest);
    });

    it('copies all architectures, byte for byte', async () => {
      await clients.addCredentials(host, coreKey);
      const folder = join(clients.folder, 'copy');

      const source = `docker://${reference('lts-core:large')}`;
      const options = ['--all', '--preserve-digests', '--src-tls-verify=false'];
      expectSuccess(await clients.skopeo(['copy', ...options, source, `dir:${folder}`]));

      expect(sha256(await readFile(join(folder, 'manifest.json')))).toBe(hex(large.index.digest));
      const payload = hex(large.payload!.digest);
      expect(sha256(await readFile(join(folder, payload)))).toBe(payload);
    });

    it('copies a public image without a key', async () => {
      const source = `docker://${reference('lts-community:2025')}`;
      const folder = join(clients.folder, 'copy');

      expectSuccess(
        await clients.skopeo(['copy', '--all', '--src-tls-verify=false', source, `dir:${folder}`]),
      );

      const manifest = await readFile(join(folder, 'manifest.json'));
      expect(sha256(manifest)).toBe(hex(community.index.digest));
    });

    it.each(refusedKeys)('is refused with %s', async (kind) => {
      const key = await makeRefusedKey(kind, site.admin);
      if (key) await clients.addCredentials(host, key);

      const ran = await inspect('lts-core:2025');

      expectFailure(ran, messageFor(kind));
      if (key) expect(ran.output).not.toContain(key);
    });
  });

  describe('crane', () => {
    it('finds the digests that were pushed', async () => {
      await clients.addCredentials(host, coreKey);
      const digest = (...args: string[]) => clients.crane('digest', ...args);

      expect((await digest(reference('lts-core:2025'))).stdout.trim()).toBe(core.index.digest);
      for (const { platform, digest: pushed } of core.manifests) {
        const ofPlatform = `--platform=linux/${platform!.architecture}`;
        const ran = await digest(ofPlatform, reference('lts-core:2025'));
        expect(ran.stdout.trim()).toBe(pushed);
      }
    });

    it('lists the tags', async () => {
      await clients.addCredentials(host, coreKey);

      const ran = await clients.crane('ls', reference('lts-core'));

      expect(ran.stdout.trim().split('\n')).toEqual(['2024', '2025', 'large']);
    });

    it('pulls every architecture', async () => {
      await clients.addCredentials(host, coreKey);
      const folder = join(clients.folder, 'pulled');

      expectSuccess(
        await clients.crane('pull', '--format=oci', reference('lts-core:2025'), folder),
      );

      const { manifests } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
      expect(manifests[0].digest).toBe(core.index.digest);
      for (const { digest } of core.manifests)
        expect(sha256(await readFile(join(folder, 'blobs/sha256', hex(digest))))).toBe(hex(digest));
    });

    it.each(architectures)('unpacks the image for %s', async (architecture) => {
      await clients.addCredentials(host, coreKey);
      const tar = join(clients.folder, 'root.tar');

      const platform = `--platform=linux/${architecture}`;
      expectSuccess(await clients.crane('export', platform, reference('lts-core:2025'), tar));

      const script = await mustRun('tar', ['--extract', '--to-stdout', '-f', tar, scriptPath]);
      expect(script).toBe(scriptOf('core', architecture));
    });

    it('reads a public image without a key', async () => {
      const ran = await clients.crane('digest', reference('lts-community:2025'));

      expect(ran.stdout.trim()).toBe(community.index.digest);
      const folder = join(clients.folder, 'pulled');
      expectSuccess(
        await clients.crane('pull', '--format=oci', reference('lts-community:2025'), folder),
      );
    });

    it.each(refusedKeys)('is refused with %s', async (kind) => {
      const key = await makeRefusedKey(kind, site.admin);
      if (key) await clients.addCredentials(host, key);

      const ran = await clients.crane('manifest', reference('lts-core:2025'));

      expectFailure(ran, messageFor(kind));
      if (key) expect(ran.output).not.toContain(key);
    });

    it.each([
      ['a push', () => clients.crane('push', core.layout, reference('lts-core:mine'))],
      ['a tag', () => clients.crane('tag', reference('lts-core:2025'), 'mine')],
      ['a deletion', () => clients.crane('delete', reference(`lts-core@${core.index.digest}`))],
    ])('is refused %s', async (_what, attempt) => {
      await clients.addCredentials(host, coreKey);

      expectFailure(await attempt(), 'Packages can only be read here: use GET or HEAD.');
    });

    it.each([
      ['the catalogue', () => clients.crane('catalog', host)],
      ['an un-prefixed repository', () => clients.crane('manifest', `${host}/lts-core:2025`)],
    ])('is refused %s', async (_what, attempt) => {
      await clients.addCredentials(host, coreKey);

      expectFailure(await attempt(), 'This path is not served.');
    });
  });

  /** What the client shows of the error body. */
  function messageFor(kind: RefusedKey): string {
    return kind === "another component's key"
      ? 'This key does not include the image'
      : 'A valid key is required: send it as the password of HTTP Basic.';
  }

  describe('over HTTP', () => {
    const basic = (key: string) => ({
      Authorization: `Basic ${Buffer.from(`subscriber:${key}`).toString('base64')}`,
    });
    const ask = (path: string, { headers, ...options }: RequestInit = {}) =>
      fetch(site.packyard.gateway + path, {
        ...options,
        headers: { ...basic(coreKey), ...(headers as Record<string, string>) },
      });
    const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
    const acceptIndex = { Accept: indexType };

    it.each(['/v2/oci/lts-core', '/oci/v2/lts-core'])('%s: manifests and blobs', async (prefix) => {
      for (const tagOrDigest of ['2025', core.index.digest]) {
        const path = `${prefix}/manifests/${tagOrDigest}`;
        const whole = await ask(path, { headers: acceptIndex });
        const head = await ask(path, { method: 'HEAD', headers: acceptIndex });

        expect([whole.status, head.status]).toEqual([200, 200]);
        expect(sha256(await bytesOf(whole))).toBe(hex(core.index.digest));
        for (const { headers } of [whole, head]) {
          expect(headers.get('docker-content-digest')).toBe(core.index.digest);
          expect(headers.get('content-length')).toBe(`${core.index.size}`);
          expect(headers.get('content-type')).toBe(indexType);
        }
      }

      const path = `${prefix}/blobs/${core.layer.digest}`;
      const whole = await ask(path);
      const head = await ask(path, { method: 'HEAD' });
      expect(sha256(await bytesOf(whole))).toBe(hex(core.layer.digest));
      expect(head.status).toBe(200);
      expect(head.headers.get('content-length')).toBe(`${core.layer.size}`);
    });

    it('parts of a blob', async () => {
      const path = `/v2/oci/lts-core/blobs/${large.payload!.digest}`;
      const size = large.payload!.size;
      const middle = Math.floor(size / 2);
      const ranges = [`bytes=0-${middle - 1}`, `bytes=${middle}-`];

      const parts = await Promise.all(ranges.map((range) => ask(path, { headers: { range } })));

      expect(parts.map(({ status }) => status)).toEqual([206, 206]);
      const bytes = await Promise.all(parts.map(bytesOf));
      expect(sha256(Buffer.concat(bytes))).toBe(hex(large.payload!.digest));
      const beyond = await ask(path, { headers: { range: `bytes=${size}-` } });
      expect(beyond.status).toBe(416);
    });

    it('a manifest that the client has already', async () => {
      const headers = { ...acceptIndex, 'If-None-Match': `"${core.index.digest}"` };

      expect((await ask('/v2/oci/lts-core/manifests/2025', { headers })).status).toBe(304);
    });

    it('a part only as long as the whole is what the client thinks it is', async () => {
      const path = `/v2/oci/lts-core/blobs/${core.layer.digest}`;
      const ifRange = (etag: string) => ({ Range: 'bytes=0-9', 'If-Range': etag });

      const same = await ask(path, { headers: ifRange(`"${core.layer.digest}"`) });
      const other = await ask(path, { headers: ifRange(`"${minion.layer.digest}"`) });

      expect((await bytesOf(same)).length).toBe(10);
      expect((await bytesOf(other)).length).toBe(core.layer.size);
    });

    it('the tags, page by page', async () => {
      const pages: string[][] = [];
      let path: string | undefined = '/v2/oci/lts-core/tags/list?n=1';
      while (path) {
        const response: Response = await ask(path);
        const { name, tags } = (await response.json()) as { name: string; tags: string[] };
        expect(name).toBe('oci/lts-core');
        pages.push(tags);
        path = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
      }

      // This registry ends with an empty page.
      expect(pages).toEqual([['2024'], ['2025'], ['large'], []]);
    });

    it('may be kept by the subscriber alone, unless it is public', async () => {
      const cacheControl = async (path: string) => (await ask(path)).headers.get('cache-control');
      const blob = (image: SampleImage) => `blobs/${image.layer.digest}`;

      for (const path of ['manifests/2025', blob(core), 'tags/list', 'manifests/nothing'])
        expect(await cacheControl(`/v2/oci/lts-core/${path}`)).toBe('private, no-cache');
      for (const path of ['manifests/2025', blob(community), 'tags/list'])
        expect(await cacheControl(`/v2/oci/lts-community/${path}`)).toBe('public, no-cache');
    });

    it.each([
      ['/v2/oci/lts-core/blobs/uploads/', 'POST', 405],
      ['/v2/oci/lts-core/blobs/uploads/?mount=DIGEST&from=oci/lts-minion', 'POST', 405],
      ['/v2/oci/lts-core/manifests/mine', 'PUT', 405],
      ['/v2/oci/lts-core/manifests/2025', 'DELETE', 405],
      ['/v2/_catalog', 'GET', 403],
      ['/v2/oci/_catalog', 'GET', 403],
      ['/oci/v2/_catalog', 'GET', 403],
      ['/v2/lts-core/manifests/2025', 'GET', 403],
      ['/v2/lts-core/tags/list', 'GET', 403],
      ['/v2/oci/lts-minion/manifests/2025', 'GET', 401],
      ['/v2/oci/lts-minion/tags/list', 'GET', 401],
      ['/oci/v2/lts-minion/manifests/2025', 'GET', 401],
    ])(
      'refuses %s by %s with %i, and the registry never hears of it',
      async (path, method, status) => {
        relay.sent = '';

        const response = await ask(path.replace('DIGEST', minion.layer.digest), { method });

        expect(response.status).toBe(status);
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(response.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD' : null);
        expect(await response.json()).toMatchObject({ errors: [{ code: expect.any(String) }] });
        expect(relay.sent).toBe('');
      },
    );

    it("brings nothing of another component's repository by its digest", async () => {
      const minionKey = (await site.admin.createKey('minion')).key;
      const headers = { Accept: '*/*, application/vnd.oci.image.manifest.v1+json' };
      const whole = { headers };
      const head = { method: 'HEAD', headers };
      const part = { headers: { ...headers, Range: 'bytes=0-9' } };

      for (const path of [
        `blobs/${minion.layer.digest}`,
        `blobs/${minion.layer.digest}?from=oci/lts-minion`,
        `manifests/${minion.manifests[0]!.digest}`,
      ]) {
        // A registry that shares blobs may serve one once it was asked for in another way.
        for (const way of [whole, head, whole, part, whole])
          expect((await ask(`/v2/oci/lts-core/${path}`, way)).status).toBe(404);
        const own = { headers: { ...headers, ...basic(minionKey) } };
        expect((await ask(`/v2/oci/lts-minion/${path}`, own)).status).toBe(200);
      }
    });

    it('brings nothing of another component by any spelling of its path', async () => {
      const file = 'manifests/2025';
      const spellings = [
        `/v2/oci/lts-core/../lts-minion/${file}`,
        `/v2/oci/lts-core/..%2flts-minion/${file}`,
        `/v2/oci/lts-core%2f..%2flts-minion/${file}`,
        `/v2/oci/lts-core/%2e%2e/lts-minion/${file}`,
        `/v2/oci/lts-core/manifests/../../lts-minion/${file}`,
        `/v2/oci/lts-core/manifests/..%2f..%2flts-minion%2fmanifests%2f2025`,
        `/v2/oci/lts-core/manifests/2025/../../../lts-minion/${file}`,
        `/v2//oci/lts-minion/${file}`,
        `/v2/oci//lts-minion/${file}`,
        `/v2/oci%2flts-minion/${file}`,
        `/v2/oci/lts%2dminion/${file}`,
        `/oci/v2/oci/lts-minion/${file}`,
        `/oci/v2/lts-core/../lts-minion/${file}`,
        `/v2/oci/lts-core/tags/list/../../../lts-minion/${file}`,
        `http://${host}/v2/oci/lts-minion/${file}`,
        `//${host}/v2/oci/lts-minion/${file}`,
      ];
      relay.sent = '';
      for (const path of spellings) {
        const { status } = await rawGet(site.packyard.gateway, path, basic(coreKey));
        expect([400, 401, 403]).toContain(status);
      }
      expect(relay.sent).toBe('');
    });

    it('serves what was judged, whatever the query says', async () => {
      for (const query of ['?../../lts-minion', '?n=1#/../x', '?%', '?a=b?c', '?']) {
        const path = `/v2/oci/lts-core/manifests/2025${query}`;
        const headers = { ...basic(coreKey), ...acceptIndex };
        const response = await rawGet(site.packyard.gateway, path, headers);
        expect([query, response.status]).toEqual([query, 200]);
        expect(response.headers.get('docker-content-digest')).toBe(core.index.digest);
      }
    });

    it('tells the registry nothing of the subscriber', async () => {
      relay.sent = '';

      const headers = { Cookie: 'session=1', 'X-Forwarded-For': '192.0.2.1' };
      expect((await ask('/v2/oci/lts-core/manifests/2025', { headers })).status).toBe(200);

      expect(relay.sent).toContain('GET /v2/oci/lts-core/manifests/2025 HTTP/1.1');
      expect(relay.sent).not.toMatch(/^(?:authorization|cookie|x-forwarded-for):/im);
      expect(relay.sent).not.toContain(coreKey);
    });

    describe('a registry that asks for credentials', () => {
      beforeEach(() => switchTo(lockedRegistry));
      afterEach(() => switchTo(registry));

      it.each(['GET', 'HEAD'])("does not make a subscriber's key look bad: %s", async (method) => {
        const response = await ask('/v2/oci/lts-core/manifests/2025', { method });

        expect(response.status).toBe(503);
        expect(response.headers.get('www-authenticate')).toBeNull();
        if (method === 'GET')
          expect(await response.json()).toMatchObject({ errors: [{ code: 'UNAVAILABLE' }] });
      });
    });

    describe('a registry that sends readers on to its storage', () => {
      beforeEach(async () => {
        await push(core, 'lts-core:2025', redirecting);
        switchTo(redirecting);
      });
      afterEach(() => switchTo(registry));

      it('is left to answer, and clients follow without the key', async () => {
        const path = `/v2/oci/lts-core/blobs/${core.layer.digest}`;
        const answer = await ask(path, { redirect: 'manual' });
        expect(answer.status).toBe(307);
        expect(answer.headers.get('cache-control')).toBe('private, no-cache');
        const place = answer.headers.get('location')!;
        expect(new URL(place).origin).toBe(storage.endpoint);
        expect(sha256(await bytesOf(await fetch(place)))).toBe(hex(core.layer.digest));
        const none = await fetch(site.packyard.gateway + path, { redirect: 'manual' });
        expect(none.status).toBe(401);

        await clients.addCredentials(host, coreKey);
        const source = `docker://${reference('lts-core:2025')}`;
        const folder = join(clients.folder, 'copy');
        const options = ['--all', '--src-tls-verify=false', source, `dir:${folder}`];
        expectSuccess(await clients.skopeo(['copy', ...options]));
        const layer = await readFile(join(folder, hex(core.layer.digest)));
        expect(sha256(layer)).toBe(hex(core.layer.digest));
        const exported = await clients.crane('export', reference('lts-core:2025'), '-');
        expect(exported.stdout).toContain(scriptOf('core', 'amd64'));
      });
    });

    function switchTo({ host: target }: RunningRegistry): void {
      relay.target = target;
      relay.cut();
    }

    describe('when a connection breaks', () => {
      const path = () => `/v2/oci/lts-core/blobs/${large.payload!.digest}`;

      afterEach(() => switchTo(registry));

      it('a client that leaves in the middle of a blob leaves no connection behind', async () => {
        for (let count = 0; count < 5; count += 1) await leaveAtFirstByte(path());

        await noConnections();
      });

      it('nor does one that leaves before the registry has answered', async () => {
        relay.target = undefined;
        relay.cut();
        const asked = new AbortController();
        const answer = fetch(site.packyard.gateway + path(), {
          headers: basic(coreKey),
          signal: asked.signal,
        });
        await expectSoon(() => relay.openConnections === 1);
        asked.abort();
        await expect(answer).rejects.toThrow('aborted');

        await noConnections();
      });

      it('a blob that the registry breaks off is not taken for whole', async () => {
        const response = await ask(path());
        expect(response.status).toBe(200);
        relay.cut();

        await expect(bytesOf(response)).rejects.toThrow('terminated');
        expect((await ask(path(), { method: 'HEAD' })).status).toBe(200);
      });

      function leaveAtFirstByte(from: string): Promise<void> {
        return new Promise((resolve, reject) => {
          const asked = get(site.packyard.gateway + from, { headers: basic(coreKey) }, (answer) =>
            answer.once('data', () => {
              expect(relay.openConnections).toBeGreaterThan(0);
              answer.destroy();
              resolve();
            }),
          );
          asked.once('error', reject);
        });
      }

      /** As the registry's side sees it. Idle ones close after 4 seconds. */
      const noConnections = () => expectSoon(() => relay.openConnections === 0);

      async function expectSoon(condition: () => boolean): Promise<void> {
        const deadline = Date.now() + 10_000;
        while (!condition() && Date.now() < deadline) await sleep(50);
        expect(condition()).toBe(true);
      }
    });
  });
});

/** Of `sha256:…`. */
function hex(digest: string): string {
  return digest.slice('sha256:'.length);
}
