import { debMetadata, packageFields, releaseText } from '../../../test/support/deb-metadata.js';
import {
  byHashPaths,
  formatReleaseDate,
  parseReleaseDate,
  parseReleaseFile,
} from './release-file.js';

describe('Release', () => {
  const text = releaseText(debMetadata([packageFields('acme')]));
  const parse = (changed = text) => parseReleaseFile(Buffer.from(changed));

  it('is read', () => {
    const { indexes, date, ...names } = parse();
    expect(names).toEqual({
      origin: 'LTS',
      label: 'core-2025',
      suite: 'bookworm',
      codename: 'bookworm',
      architectures: ['amd64', 'arm64'],
    });
    expect(date).toEqual(new Date('2026-11-24T11:00:00Z'));
    expect([...indexes.keys()]).toEqual(
      ['amd64', 'arm64'].flatMap((architecture) =>
        ['Packages', 'Packages.gz', 'Release'].map((name) => `main/binary-${architecture}/${name}`),
      ),
    );
  });

  it('says where apt looks for an index', () => {
    const path = 'main/binary-arm64/Packages';
    const paths = byHashPaths(path, parse().indexes.get(path)!);
    expect(paths).toContain(
      'main/binary-arm64/by-hash/SHA256/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(paths).toHaveLength(4);
  });

  it.each([
    ['without a hash', (t: string) => t.replace(/^SHA1:\n( .*\n)+/m, ''), 'no SHA1'],
    ['with a short hash', (t: string) => t.replace(/^ [0-9a-f]/m, ' '), 'has the line'],
    ['with a path twice', (t: string) => t.replace(/^( .*Packages\n)/m, '$1$1'), 'twice'],
    [
      'with two sizes',
      (t: string) => t.replace(/ (\d+) (main.*Packages)\n/, ' 1 $2\n'),
      'two sizes',
    ],
    ['without by-hash', (t: string) => t.replace('By-Hash: yes', 'By-Hash: no'), 'acquire-by-hash'],
    [
      'with white space at an end',
      (t: string) => t.replace('LTS', 'LTS '),
      'ends with white space',
    ],
    ['with an umlaut', (t: string) => t.replace('LTS', 'LTÜ'), 'other characters'],
  ])('is refused %s', (_, change, words) => {
    expect(change(text)).not.toBe(text);
    expect(() => parse(change(text))).toThrow(new RegExp(words, 'i'));
  });

  it('has dates in one form', () => {
    const date = new Date('2026-11-04T01:02:03Z');
    expect(formatReleaseDate(date)).toBe('Wed, 04 Nov 2026 01:02:03 UTC');
    expect(parseReleaseDate('Wed, 04 Nov 2026 01:02:03 UTC')).toEqual(date);
    for (const other of ['2026-11-04', 'Tue, 04 Nov 2026 01:02:03 UTC', '']) {
      expect(() => parseReleaseDate(other)).toThrow('is no date');
    }
  });
});
