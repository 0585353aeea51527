import fc from 'fast-check';
import { hostilePath, knownBypasses } from './support/hostile-paths.js';
import { type Markers, placeMarkers } from './support/markers.js';
import { heldToScope, notHeldToScope, type RunningNginx, startNginx } from './support/nginx.js';
import { rawGet, type RawResponse } from './support/raw-request.js';
import { type Site, startSite } from './support/site.js';

const runs = 3_000;

type Decide = (path: string) => Promise<{ allowed: boolean; scope: string }>;

describe('a key for core against the files of minion', () => {
  let site: Site;
  let held: RunningNginx;
  let open: RunningNginx;
  let core: Markers;
  let minion: Markers;
  let hostile: fc.Arbitrary<string>;
  let known: string[];
  let coreKey: string;
  let minionKey: string;

  beforeAll(async () => {
    site = await startSite();
    core = await placeMarkers(site.tree, 'core');
    minion = await placeMarkers(site.tree, 'minion');
    hostile = hostilePath(minion.paths);
    known = minion.paths.flatMap(knownBypasses);
    held = await startNginx(site.folder, site.tree.folder, heldToScope);
    open = await startNginx(site.folder, site.tree.folder, notHeldToScope);
    coreKey = (await site.admin.createKey('core')).key;
    minionKey = (await site.admin.createKey('minion')).key;
  });
  afterAll(async () => {
    await held?.stop();
    await open?.stop();
    await site?.stop();
  });

  const basic = (key: string) => ({
    Authorization: `Basic ${Buffer.from(`subscriber:${key}`).toString('base64')}`,
  });
  const leaks = (response: RawResponse | undefined) =>
    response?.body.includes(minion.content) ?? false;
  const pathOf = (segments: string[]) => `/${segments.join('/')}`;

  const allowAll: Decide = () => Promise.resolve({ allowed: true, scope: '/rpm/core/' });

  /** What a check of the prefix alone would say. */
  const naive: Decide = (path) => {
    const scope = /^\/(?:rpm|deb)\/core\//.exec(path)?.[0] ?? '';
    return Promise.resolve({ allowed: scope !== '', scope });
  };

  /** The auth listener's answer to Traefik about a path as the subscriber typed it. */
  const packyard =
    (key: string): Decide =>
    async (path) => {
      const response = await rawGet(site.packyard.auth, '/auth', {
        ...basic(key),
        'X-Forwarded-Method': 'GET',
        'X-Forwarded-Uri': path,
      });
      return {
        allowed: response.status === 200,
        scope: response.headers.get('x-packyard-scope') ?? '',
      };
    };

  /** Traefik's part: ask, and only what is allowed goes to nginx, as it came, with its scope. */
  async function proxied(decide: Decide, nginx: RunningNginx, path: string) {
    const { allowed, scope } = await decide(path);
    if (!allowed) return undefined;
    return rawGet(nginx.baseUrl, path, { 'X-Packyard-Scope': scope });
  }

  async function countLeaks(request: (path: string) => Promise<RawResponse | undefined>) {
    const paths = [...known, ...fc.sample(hostile, { numRuns: 500, seed: 1 })];
    let count = 0;
    for (const path of paths) if (leaks(await request(path))) count += 1;
    return count;
  }

  describe('behind the auth listener and nginx', () => {
    it('every file of its own is served', async () => {
      for (const segments of core.paths.filter(([format]) => format !== '.snap')) {
        const response = await proxied(packyard(coreKey), held, pathOf(segments));
        expect([segments.join('/'), response?.body]).toEqual([segments.join('/'), core.content]);
      }
    });

    it('no path brings the other component', async () => {
      await fc.assert(
        fc.asyncProperty(hostile, async (path) => {
          expect(leaks(await proxied(packyard(coreKey), held, path))).toBe(false);
        }),
        { numRuns: runs, examples: known.map((path) => [path]) },
      );
    });

    it('nginx alone holds where the decision is fooled', async () => {
      expect(await countLeaks((path) => proxied(naive, held, path))).toBe(0);
      expect(await countLeaks((path) => proxied(allowAll, held, path))).toBe(0);
    });

    it('the decision alone holds where nginx is not held to the scope', async () => {
      expect(await countLeaks((path) => proxied(packyard(coreKey), open, path))).toBe(0);
    });

    it('the same paths do leak where neither holds, so this test would see it', async () => {
      expect(await countLeaks((path) => proxied(naive, open, path))).toBeGreaterThan(20);
      expect(await countLeaks((path) => proxied(allowAll, open, path))).toBeGreaterThan(200);
    });
  });

  describe('through the gateway', () => {
    const asked = (key: string) => (path: string) =>
      rawGet(site.packyard.gateway, path, basic(key));

    it('every file of its own is served', async () => {
      for (const segments of core.paths.filter(([format]) => format !== '.snap')) {
        const response = await asked(coreKey)(pathOf(segments));
        expect([segments.join('/'), response.body]).toEqual([segments.join('/'), core.content]);
      }
    });

    it('no path brings the other component', async () => {
      await fc.assert(
        fc.asyncProperty(hostile, async (path) => {
          expect(leaks(await asked(coreKey)(path))).toBe(false);
        }),
        { numRuns: runs, examples: known.map((path) => [path]) },
      );
    });

    it("the same paths do bring it with the other component's key", async () => {
      expect(await countLeaks(asked(minionKey))).toBeGreaterThan(20);
    });
  });
});
