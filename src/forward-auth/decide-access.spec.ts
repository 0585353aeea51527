import fc from 'fast-check';
import { Catalogue } from '../components/catalogue.js';
import type { KnownKey } from '../keys/key-directory.js';
import { answerTo } from './access-answer.js';
import { decideAccess, type Decision, type Knowledge } from './decide-access.js';
import { parseRequestTarget } from './request-target.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');

const catalogue = new Catalogue({
  components: [
    component('core', 'private', 'lts-core'),
    component('minion', 'private', 'lts-minion'),
    component('open', 'public', 'lts-open'),
  ],
});

const liveKey: KnownKey = {
  index: 0,
  names: { idOf: () => '' },
  components: new Set(['core']),
  expiresAt: Infinity,
  revoked: false,
};
const revokedKey: KnownKey = { ...liveKey, revoked: true };
const expiredKey: KnownKey = { ...liveKey, expiresAt: NOW };

/** Who asks: what was presented, and whose it turned out to be. */
const CALLERS = {
  'no key': { presented: 'absent', key: undefined },
  malformed: { presented: 'malformed', key: undefined },
  unknown: { presented: 'well-formed', key: undefined },
  revoked: { presented: 'well-formed', key: revokedKey },
  expired: { presented: 'well-formed', key: expiredKey },
  live: { presented: 'well-formed', key: liveKey },
} as const;
type Caller = keyof typeof CALLERS;
const BAD_CALLERS = ['no key', 'malformed', 'unknown', 'revoked', 'expired'] as const;

const IN_SCOPE = [
  '/rpm/core/2025/el9-x86_64/repodata/repomd.xml',
  '/deb/core/2025/dists/bookworm/InRelease',
  '/v2/oci/lts-core/manifests/2025',
  '/oci/v2/lts-core/tags/list',
];
const OUT_OF_SCOPE = [
  '/rpm/minion/2025/el9-x86_64/repodata/repomd.xml',
  '/deb/minion/2025/dists/bookworm/InRelease',
  '/v2/oci/lts-minion/manifests/2025',
  '/rpm/nobody/2025/x',
  '/rpm/__proto__/2025/x',
  '/v2/oci/constructor/tags/list',
];
const PUBLIC = ['/rpm/open/2025/x', '/deb/open/2025/x', '/v2/oci/lts-open/manifests/2025'];
const UNLISTED = [
  '/',
  '/gpg/lts.asc',
  '/v2/_catalog',
  '/v2/oci/_catalog',
  '/v2/lts-core/manifests/1',
  '/v2/oci/lts-core/blobs/uploads/',
];
const NON_CANONICAL = [
  '/rpm/core/..%2fminion/x',
  '/rpm//core/x',
  '/%72pm/core/x',
  '/v2//oci/lts-core/manifests/1',
];

function ask(
  caller: Caller,
  uri: string,
  {
    method = 'GET',
    freshness = 'current',
  }: { method?: string; freshness?: Knowledge['freshness'] } = {},
) {
  const target = parseRequestTarget(uri);
  const { presented, key } = CALLERS[caller];
  const decision = decideAccess({ method, target, presented }, key, { catalogue, freshness }, NOW);
  return { decision, answer: answerTo(decision, target) };
}
const statusOf = (...args: Parameters<typeof ask>) => ask(...args).answer.status;

describe('decideAccess, the table of the contract', () => {
  describe.each(IN_SCOPE)('%s', (uri) => {
    it.each(BAD_CALLERS)('is 401 to %s', (caller) => expect(statusOf(caller, uri)).toBe(401));
    it('is 200 to a live key', () => expect(statusOf('live', uri)).toBe(200));
    it('is 200 to HEAD as well', () => expect(statusOf('live', uri, { method: 'HEAD' })).toBe(200));
  });

  describe.each(OUT_OF_SCOPE)('%s', (uri) => {
    it.each([...BAD_CALLERS, 'live'] as const)('is 401 to %s', (caller) =>
      expect(statusOf(caller, uri)).toBe(401),
    );
  });

  describe.each(['/v2/', '/v2', '/oci/v2/'])('%s', (uri) => {
    it.each(BAD_CALLERS)('is 401 to %s', (caller) => expect(statusOf(caller, uri)).toBe(401));
    it('is 200 to any live key', () => expect(statusOf('live', uri)).toBe(200));
  });

  describe.each([...UNLISTED, ...NON_CANONICAL])('%s', (uri) => {
    it.each(BAD_CALLERS)('is 401 to %s', (caller) => expect(statusOf(caller, uri)).toBe(401));
    it('is 403 to a live key', () => expect(statusOf('live', uri)).toBe(403));
  });

  describe.each(PUBLIC)('%s', (uri) => {
    it.each([...BAD_CALLERS, 'live'] as const)('is 200 to %s', (caller) =>
      expect(statusOf(caller, uri)).toBe(200),
    );
    it('is 401 to a bad key that writes, 405 to a live one', () => {
      expect(statusOf('no key', uri, { method: 'POST' })).toBe(401);
      expect(statusOf('live', uri, { method: 'POST' })).toBe(405);
    });
  });

  describe.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get', 'PROPFIND'])(
    '%s',
    (method) => {
      it.each([...IN_SCOPE, ...OUT_OF_SCOPE, ...UNLISTED, ...NON_CANONICAL, '/v2/'])(
        'on %s',
        (uri) => {
          for (const caller of BAD_CALLERS) expect(statusOf(caller, uri, { method })).toBe(401);
          const { answer } = ask('live', uri, { method });
          expect(answer.status).toBe(405);
          expect(answer.headers.Allow).toBe('GET, HEAD');
        },
      );
    },
  );
});

describe('decideAccess, with a view that is too old', () => {
  const freshness = 'stale';

  it.each(PUBLIC)('does not vouch for %s being public still', (uri) => {
    for (const caller of Object.keys(CALLERS) as Caller[])
      expect(statusOf(caller, uri, { freshness })).toBe(503);
  });

  it.each([...IN_SCOPE, ...OUT_OF_SCOPE, ...UNLISTED, ...NON_CANONICAL, '/v2/'])('on %s', (uri) => {
    for (const caller of ['no key', 'malformed', 'revoked'] as const)
      expect(statusOf(caller, uri, { freshness })).toBe(401);
    for (const caller of ['unknown', 'expired', 'live'] as const)
      expect(statusOf(caller, uri, { freshness })).toBe(503);
  });

  it('allows nothing before anything was loaded', () => {
    for (const caller of Object.keys(CALLERS) as Caller[]) {
      for (const uri of [...IN_SCOPE, ...PUBLIC, '/v2/'])
        expect(statusOf(caller, uri, { freshness: 'unloaded' })).toBe(503);
    }
  });
});

describe('the answer', () => {
  it('says what was allowed, for the file server to hold itself to', () => {
    expect(ask('live', '/rpm/core/2025/x').answer.headers).toMatchObject({
      'X-Packyard-Scope': '/rpm/core/',
    });
    expect(ask('no key', '/deb/open/2025/x').answer.headers).toMatchObject({
      'X-Packyard-Scope': '/deb/open/',
    });
    expect(ask('live', '/oci/v2/lts-core/tags/list').answer.headers).toMatchObject({
      'X-Packyard-Scope': '/v2/oci/lts-core/',
    });
  });

  it('challenges with Basic on every 401, and is never cached', () => {
    for (const uri of [...IN_SCOPE, ...OUT_OF_SCOPE, ...UNLISTED, '/v2/']) {
      const { headers } = ask('no key', uri).answer;
      expect(headers['WWW-Authenticate']).toBe('Basic realm="Packyard", charset="UTF-8"');
      expect(headers['Cache-Control']).toBe('no-store');
    }
    expect(ask('live', '/rpm/minion/2025/x').answer.headers['WWW-Authenticate']).toBeDefined();
    expect(ask('live', '/').answer.headers['WWW-Authenticate']).toBeUndefined();
  });

  it('reads alike for unknown, revoked, expired, malformed and no key', () => {
    for (const uri of [...IN_SCOPE, ...OUT_OF_SCOPE]) {
      const answers = BAD_CALLERS.map((caller) => JSON.stringify(ask(caller, uri).answer));
      expect(new Set(answers).size).toBe(1);
    }
  });

  it('reads alike for an unknown component and one out of scope', () => {
    const [outOfScope, unknown] = ['minion', 'nobody'].map((name) =>
      ask('live', `/rpm/${name}/2025/x`).answer.body.replace(name, ''),
    );
    expect(outOfScope).toBe(unknown);
    expect(ask('live', '/rpm/minion/2025/x').answer.body).toContain(
      'does not include the component "minion"',
    );
  });

  it('is an OCI error body under /v2 and /oci/v2, a line of text elsewhere', () => {
    for (const uri of [
      '/v2/',
      '/v2/oci/lts-minion/manifests/1',
      '/v2/_catalog',
      '/oci/v2/',
      '/v2//x',
      '/oci/v2/x/..%2f',
    ]) {
      const { headers, body } = ask('no key', uri).answer;
      expect(headers['Content-Type']).toBe('application/json');
      expect(JSON.parse(body)).toEqual({
        errors: [{ code: 'UNAUTHORIZED', message: expect.any(String), detail: null }],
      });
    }
    const { headers, body } = ask('no key', '/rpm/core/x').answer;
    expect(headers['Content-Type']).toBe('text/plain; charset=utf-8');
    expect(body).toMatch(/^[^\n]+\n$/);
  });

  it('tells the proxy’s administrator when the question is incomplete', () => {
    const misconfigured: Decision = { outcome: 'undecided', reason: 'proxy-misconfigured' };
    const { status, body } = answerTo(misconfigured, undefined);
    expect(status).toBe(503);
    expect(body).toContain('X-Forwarded-Uri');
  });
});

describe('decideAccess, whatever the path', () => {
  it('never lets a key of core out of core’s scope', () => {
    fc.assert(
      fc.property(
        fc.webPath(),
        fc.constantFrom('/rpm/', '/deb/', '/v2/oci/', '/oci/v2/', '/'),
        (path, prefix) => {
          const { decision } = ask('live', prefix + path);
          if (decision.outcome !== 'allow') return;
          expect([
            '/rpm/core/',
            '/deb/core/',
            '/v2/oci/lts-core/',
            '/rpm/open/',
            '/deb/open/',
            '/v2/oci/lts-open/',
            '/v2/',
          ]).toContain(decision.scope);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

function component(name: string, visibility: 'public' | 'private', repository: string) {
  return {
    name,
    description: '',
    visibility,
    series: ['2025'],
    rpm: { targets: ['el9-x86_64'] },
    deb: { distributions: ['bookworm'], architectures: ['amd64'] },
    oci: { repository, architectures: ['amd64'] },
  };
}
