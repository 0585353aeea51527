import fc from 'fast-check';
import type { Destination } from '../promotion/publication.js';
import {
  compareBytes,
  destinationProblem,
  fileNameProblem,
  parseStagingPath,
  stagingPath,
} from './staging-path.js';

const EL9: Destination = { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' };

describe('a path of staging', () => {
  it('says where a file belongs', () => {
    expect(parseStagingPath('core/2025/rpm/el9-x86_64/acme-1.0~rc1+git^2-1.rpm')).toEqual({
      destination: EL9,
      name: 'acme-1.0~rc1+git^2-1.rpm',
    });
    expect(parseStagingPath('core/2025/deb/bookworm-all/acme_1%3a2.0-1_all.deb')).toMatchObject({
      destination: { format: 'deb', target: 'bookworm-all' },
      name: 'acme_1%3a2.0-1_all.deb',
    });
  });

  it('is read as it was written, or says what is wrong with the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 260 }), (name) => {
        const read = parseStagingPath(stagingPath(EL9, name));
        if ('problem' in read) expect(fileNameProblem(name)).toBeDefined();
        else expect(read).toEqual({ destination: EL9, name });
      }),
    );
  });

  it.each([
    '',
    'a',
    'core/2025/rpm/el9-x86_64',
    'core/2025/rpm/el9-x86_64/a/b',
    '/core/2025/rpm/a/b',
  ])('is not "%s"', (path) => {
    expect(parseStagingPath(path)).toEqual({
      problem: expect.stringContaining('{component}/{series}/{format}/{target}/{file}'),
    });
  });
});

describe('a file name', () => {
  it.each(['a', 'acme 1:2.0 (beta).rpm', 'größe-日本-😀.rpm', '%2e%2e', '-rf', 'ä'.repeat(124)])(
    'may be "%s"',
    (name) => {
      expect(fileNameProblem(name)).toBeUndefined();
    },
  );

  it.each([
    ['', 'no name'],
    ['.', 'a dot'],
    ['..', 'a dot'],
    ['.rpm', 'a dot'],
    ['a/b', 'slash'],
    ['a\\b', 'backslash'],
    ['a\0', 'control'],
    ['a\n', 'control'],
    ['\u007f', 'control'],
    ['\u009f', 'control'],
    ['a\u2028b', 'control'],
    ['\uD800', 'UTF-8'],
    ['\uFFFD', 'UTF-8'],
    ['.sha256', 'a dot'],
    ['a.rpm.sha256', '.sha256'],
    ['a'.repeat(249), '248 bytes'],
    ['ä'.repeat(125), '248 bytes'],
  ])('is refused: %j', (name, words) => {
    expect(fileNameProblem(name)).toContain(words);
  });
});

describe('a destination', () => {
  it.each([
    [{ component: 'Core' }, 'component'],
    [{ component: '' }, 'component'],
    [{ component: '..' }, 'component'],
    [{ component: 'promoted' }, 'promoted'],
    [{ series: '..' }, 'series'],
    [{ series: '' }, 'series'],
    [{ format: 'apk' }, 'rpm, deb, oci'],
    [{ format: 'toString' }, 'rpm, deb, oci'],
    [{ target: '.' }, 'target'],
    [{ target: 'a b' }, 'target'],
    [{ target: 't'.repeat(129) }, 'target'],
  ])('is refused: %j', (part, words) => {
    expect(destinationProblem({ ...EL9, ...part })).toContain(words);
  });
});

describe('the order of paths', () => {
  it('is that of their bytes, which JavaScript’s is not', () => {
    const paths = ['a/b', 'a-b/c', 'a0', '\uFF5E', '\u{1F600}'];
    expect([...paths].sort(compareBytes)).toEqual(['a-b/c', 'a/b', 'a0', '\uFF5E', '\u{1F600}']);
    expect([...paths].sort()).not.toEqual([...paths].sort(compareBytes));
  });
});
