import { posix } from 'node:path';
import fc from 'fast-check';
import { parseRequestTarget } from './request-target.js';

describe('parseRequestTarget', () => {
  it.each([
    [
      '/rpm/core/2025/el9-x86_64/repodata/repomd.xml',
      { kind: 'package', component: 'core', scope: '/rpm/core/' },
    ],
    [
      '/deb/core/2025/dists/bookworm/InRelease',
      { kind: 'package', component: 'core', scope: '/deb/core/' },
    ],
    ['/rpm/core/', { kind: 'package', component: 'core', scope: '/rpm/core/' }],
    ['/rpm/core/2025/?list', { kind: 'package', component: 'core', scope: '/rpm/core/' }],
    ['/rpm/core/2025/x?a=/../../', { kind: 'package', component: 'core', scope: '/rpm/core/' }],
    ['/v2/', { kind: 'registry', scope: '/v2/' }],
    ['/v2', { kind: 'registry', scope: '/v2/' }],
    ['/oci/v2/', { kind: 'registry', scope: '/v2/' }],
    [
      '/v2/oci/lts-core/manifests/2025',
      { kind: 'repository', repository: 'lts-core', scope: '/v2/oci/lts-core/' },
    ],
    [
      '/oci/v2/lts-core/manifests/2025',
      { kind: 'repository', repository: 'lts-core', scope: '/v2/oci/lts-core/' },
    ],
    ['/v2/oci/lts-core/tags/list?n=1&last=a', { kind: 'repository', repository: 'lts-core' }],
    [
      `/v2/oci/lts-core/blobs/sha256:${'a'.repeat(64)}`,
      { kind: 'repository', repository: 'lts-core' },
    ],
    [
      `/v2/oci/lts-core/blobs/sha256%3A${'a'.repeat(64)}`,
      { kind: 'repository', repository: 'lts-core' },
    ],
    [
      `/v2/oci/lts-core/referrers/sha256:${'a'.repeat(64)}`,
      { kind: 'repository', repository: 'lts-core' },
    ],
  ])('reads %s', (uri, expected) => {
    expect(parseRequestTarget(uri)).toMatchObject(expected);
  });

  it.each([
    '/',
    '/rpm',
    '/rpm/core',
    '/RPM/core/2025/x',
    '/gpg/lts.asc',
    '/v2/_catalog',
    '/v2/oci/_catalog',
    '/v2/lts-core/manifests/2025',
    '/v2/oci/lts-core',
    '/v2/oci/lts-core/manifests/',
    '/v2/oci/lts-core/blobs/uploads/',
    '/v2/oci/lts-core/blobs/uploads/b7a2',
    '/v2/oci/lts-core/tags/list/',
    '/v2/oci/a/b/manifests/2025',
    '/v2/oci/lts-core/blobs/2025',
    '/api/v1/keys',
  ])('does not list %s', (uri) => {
    expect(parseRequestTarget(uri).kind).toBe('unlisted');
  });

  it.each([
    '',
    '*',
    'rpm/core/x',
    'http://host/rpm/core/2025/x',
    '//rpm//core/x',
    '/rpm//core/x',
    '/rpm/core/2025//x',
    '/rpm/core//',
    '/deb/core/../../rpm/minion/x',
    '/rpm/core/./x',
    '/rpm/core/..%2fminion/x',
    '/rpm/core/%2e%2e/minion/x',
    '/rpm/core/%2E./minion/x',
    '/rpm%2fcore/x',
    '/%72pm/core/x',
    '/rpm/%63ore/x',
    '/rpm/my%2dcore/x',
    '/v2/oci%2flts-core/manifests/1',
    '/v2//oci/lts-core/manifests/1',
    '/v2/oci/x/..%2flts-core/manifests/1',
    '/v2/oci/lts%2dcore/manifests/1',
    '/v2/%6fci/lts-core/manifests/1',
    '/v2/oci/lts-core/manif%65sts/1',
    '/rpm/core/a%5cb',
    '/rpm/core/a\\b',
    '/rpm/core/a%00',
    '/rpm/core/a%0d%0aX',
    '/rpm/core/100%',
    '/rpm/core/%zz',
    '/rpm/core/%ff',
    '/rpm/core/a b',
    '/rpm/core/a#b',
    '/rpm/core/ä',
  ])('refuses to read %j', (uri) => {
    expect(parseRequestTarget(uri).kind).toBe('non-canonical');
  });

  it.each([
    '%2b',
    '%2B',
    '%7e',
    '%5E',
    '%5e',
    '%3a',
    '%20',
    '%28',
    '%29',
    '%25',
    '%c3%a4',
    '+',
    '~',
    '^',
    ':',
    '(',
    '=',
    '@',
  ])('lets a file name hold %s', (text) => {
    expect(parseRequestTarget(`/rpm/core/2025/el9-x86_64/a${text}b.rpm`).kind).toBe('package');
  });

  it('decodes once: a literal percent sign in a name stays one', () => {
    expect(parseRequestTarget('/deb/core/pool/a%253a1.deb').segments.at(-1)).toBe('a%3a1.deb');
  });

  it('knows by the prefix which error body a path that it cannot read should get', () => {
    expect(parseRequestTarget('/v2//oci/x').format).toBe('oci');
    expect(parseRequestTarget('/oci/v2/../x').format).toBe('oci');
    expect(parseRequestTarget('/rpm/core//x').format).toBe('other');
  });

  it('gives a scope only where the path, read plainly, lies inside it', () => {
    fc.assert(
      fc.property(hostileUri(), (uri) => {
        const target = parseRequestTarget(uri);
        // A literal percent sign is in no component's name, so such a scope is never allowed.
        if (!('scope' in target) || target.scope.includes('%')) return;
        const path = (uri.split('?')[0] as string).replace(/^\/oci\/v2(?=\/)/, '/v2/oci');
        const scope = target.kind === 'registry' ? '/v2' : target.scope;
        for (const reading of [path, decodeURIComponent(path)]) {
          expect(`${posix.normalize(reading)}/`.startsWith(scope)).toBe(true);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

/** Pieces from which paths that walk, hide or double are made. */
function hostileUri(): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(
      'rpm',
      'deb',
      'core',
      'minion',
      'v2',
      'oci',
      'lts-core',
      'lts-minion',
      'manifests',
      'blobs',
      '2025',
      'x.rpm',
    ),
    fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '..%2f',
      '%2f',
      '%5c',
      '\\',
      '%00',
      '%72pm',
      '%',
      '//',
      '/',
      ';',
      '?',
      '#',
      '%252e',
    ),
    fc.string({ maxLength: 4 }),
  );
  return fc
    .array(fc.tuple(piece, fc.constantFrom('/', '/', '/', '', '%2F')), { maxLength: 8 })
    .map((pieces) => `/${pieces.flat().join('')}`);
}
