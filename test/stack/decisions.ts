import { once } from 'node:events';
import { connect } from 'node:tls';
import { knownBypasses } from '../clients/support/hostile-paths.js';
import { MANIFEST, RELEASE, REPOMD } from './promotion.js';
import { DOMAIN, type Stack } from './support/stack.js';

type Column = 'none' | 'malformed' | 'unknown' | 'revoked' | 'inScope' | 'outOfScope';

/** The table of the contract's section 3, and what of it only a real proxy and file server can show. */
export function decisions(stack: () => Stack): void {
  const keys: Record<Column, string | undefined> = {
    none: undefined,
    malformed: 'pky_nothing',
    unknown: 'f'.repeat(64),
    revoked: undefined,
    inScope: undefined,
    outOfScope: undefined,
  };
  const bad: Column[] = ['none', 'malformed', 'unknown', 'revoked'];

  beforeAll(async () => {
    keys.inScope = (await stack().keys.createKey('core')).key;
    keys.outOfScope = (await stack().keys.createKey('minion')).key;
    const revoked = await stack().keys.createKey('core');
    await stack().keys.revokeKey(revoked.id);
    keys.revoked = revoked.key;
  });

  const seen = async (path: string, columns: Column[], method = 'GET') =>
    Promise.all(columns.map((column) => stack().statusOf(path, keys[column], method)));

  it.each(bad)('a %s key opens nothing, and is challenged', async (column) => {
    for (const path of [REPOMD('core'), '/deb/core/2025/', '/v2/', '/oci/v2/', '/', '/elsewhere']) {
      const { status, headers } = await stack().get(path, keys[column]);
      expect([path, status]).toEqual([path, 401]);
      expect(headers.get('www-authenticate')).toBe('Basic realm="Packyard", charset="UTF-8"');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it.each([
    [REPOMD('core'), 200, 401],
    [RELEASE('core'), 200, 401],
    ['/deb/core/2025/dists/noble/InRelease', 404, 401],
    ['/v2/', 200, 200],
    ['/v2', 200, 200],
    ['/oci/v2/', 200, 200],
    [MANIFEST('core'), 200, 401],
    ['/v2/oci/lts-core/manifests/none', 404, 401],
    ['/v2/oci/lts-core/tags/list', 200, 401],
    ['/oci/v2/lts-core/tags/list', 200, 401],
    ['/v2/_catalog', 403, 403],
    ['/v2/lts-core/tags/list', 403, 403],
    ['/api/v1/keys', 403, 403],
    ['/auth', 403, 403],
  ])('%s is %i in scope and %i out of it', async (path, inScope, outOfScope) => {
    expect(await seen(path, ['inScope', 'outOfScope'])).toEqual([inScope, outOfScope]);
  });

  it('a method that changes something is 401 without a key and 405 with one', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect(await seen(REPOMD('core'), ['none', 'inScope', 'outOfScope'], method)).toEqual([
        401, 405, 405,
      ]);
    }
  });

  it('a public component is open, without a key and with any', async () => {
    const all: Column[] = [...bad, 'inScope', 'outOfScope'];
    expect(await seen(REPOMD('community'), all)).toEqual(all.map(() => 200));
  });

  it('the public keys are open, and nothing else of their folder', async () => {
    const { status, headers } = await stack().get('/gpg/lts.asc');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain']);
    for (const path of ['/gpg/other', '/gpg/']) {
      expect([path, await seen(path, ['none', 'inScope'])]).toEqual([path, [401, 403]]);
    }
    expect(await seen('/gpg/lts.asc', ['none', 'inScope'], 'DELETE')).toEqual([401, 405]);
  });

  it('no known way round brings a file of another component', async () => {
    const marker = (await stack().get(REPOMD('minion'), keys.outOfScope)).body;
    expect(marker).toContain('<repomd');
    const file = ['rpm', 'minion', '2025', 'el9-x86_64', 'repodata', 'repomd.xml'];
    const paths = knownBypasses(file).filter((path) => path !== '' && !path.includes(' '));
    expect(paths.length).toBeGreaterThan(25);
    for (const path of paths) {
      const target =
        path.startsWith('/') || path === '*' || path.includes('://') ? path : `/${path}`;
      const { status, body } = await stack().get(target, keys.inScope);
      expect([target, body.includes(marker)]).toEqual([target, false]);
      expect([200, 500, 502, 503]).not.toContain(status);
    }
  });

  it('the file server holds alone: out of the scope that it is told, it serves nothing', async () => {
    const ask = (path: string, scope: string) =>
      stack().compose(
        ...['exec', '-T', 'rpm', 'sh', '-c'],
        `wget -q -S -O /dev/null --header 'X-Packyard-Scope: ${scope}' 'http://127.0.0.1:8080${path}' 2>&1; true`,
      );
    expect(await ask(REPOMD('minion'), '/rpm/minion/')).toContain('200 OK');
    expect(await ask(REPOMD('minion'), '/rpm/core/')).toContain('404 Not Found');
    expect(await ask(REPOMD('minion'), '')).toContain('404 Not Found');
    const hidden = '/rpm/core/..%2fminion/2025/el9-x86_64/repodata/repomd.xml';
    expect(await ask(hidden, '/rpm/core/')).toContain('404 Not Found');
  });

  it('a client’s own headers decide nothing', async () => {
    const spoofed = {
      'X-Forwarded-Uri': REPOMD('core'),
      'X-Forwarded-Method': 'GET',
      X_Forwarded_Uri: REPOMD('core'),
      'X-Packyard-Scope': '/rpm/minion/',
      X_Packyard_Scope: '/rpm/minion/',
      'X-Original-Url': REPOMD('core'),
    };
    expect((await stack().get(REPOMD('minion'), keys.inScope, spoofed)).status).toBe(401);
    expect((await stack().get(REPOMD('core'), keys.inScope, spoofed)).status).toBe(200);
    const dropped = { Connection: 'close, X-Packyard-Scope, X-Forwarded-Uri, Authorization' };
    expect((await stack().get(REPOMD('minion'), keys.inScope, dropped)).status).toBe(401);
  });

  it('a revoked key is refused from the next request on', async () => {
    const { id, key } = await stack().keys.createKey('core');
    expect(await stack().statusOf(REPOMD('core'), key)).toBe(200);
    await stack().keys.revokeKey(id);
    expect(await stack().statusOf(REPOMD('core'), key)).toBe(401);
  });

  it('what is not there is said afresh each time', async () => {
    const { status, headers } = await stack().get('/rpm/core/2025/not-there', keys.inScope);
    expect([status, headers.get('cache-control')]).toEqual([404, 'private, no-store']);
  });

  it('an old TLS is not spoken, and headers without end are not read', async () => {
    const old = connect({
      ...{ host: '127.0.0.1', port: 443, servername: DOMAIN, ca: stack().issuer },
      ...{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    });
    await expect(once(old, 'secureConnect')).rejects.toThrow('alert protocol version');
    const long = { 'X-Long': 'x'.repeat(60_000) };
    expect((await stack().get(REPOMD('core'), keys.inScope, long)).status).toBe(431);
  });

  it('another name is not served', async () => {
    expect(
      (await stack().get(REPOMD('core'), keys.inScope, { Host: 'other.example.org' })).status,
    ).toBe(404);
  });

  it('no key is in any log', async () => {
    const logs = await stack().compose('logs', '--no-color');
    expect(logs).toContain(REPOMD('core'));
    expect(logs).not.toMatch(/pky_[0-9A-Za-z]{38}/);
    expect(logs).not.toContain(Buffer.from(`subscriber:${keys.inScope}`).toString('base64'));
  });
}
