import fc from 'fast-check';
import { readRelease, readRepomd } from './repository-metadata.js';

const REPOMD = `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>1763900000</revision>
  <data type="primary">
    <location href="repodata/aa-primary.xml.gz"/>
    <timestamp>1763900001</timestamp>
  </data>
  <data type="filelists">
    <timestamp>1763900007</timestamp>
  </data>
</repomd>
`;

describe('repomd.xml', () => {
  it('says its revision, and when the newest of its files was made', () => {
    expect(readRepomd(REPOMD)).toEqual({
      revision: '1763900000',
      publishedAt: new Date(1_763_900_007_000),
    });
  });

  it('may be of another tool: with a prefix, a revision in words, fractions of seconds', () => {
    const text =
      '<repo:repomd xmlns:repo="x"><repo:revision>nightly 7</repo:revision>' +
      '<repo:data><repo:timestamp>1763900001.25</repo:timestamp></repo:data></repo:repomd>';
    expect(readRepomd(text)).toEqual({
      revision: 'nightly 7',
      publishedAt: new Date(1_763_900_001_000),
    });
  });

  it('may say neither', () => {
    expect(readRepomd('<repomd><revision/></repomd>')).toEqual({
      revision: null,
      publishedAt: null,
    });
  });

  it.each(['', '<html><body>Not found</body></html>', REPOMD.slice(0, 300), 'repomd'])(
    'is not %j',
    (text) => {
      expect(readRepomd(text)).toBeUndefined();
    },
  );
});

describe('Release', () => {
  const RELEASE =
    'Origin: LTS\nSuite: bookworm\nDate: Sun, 23 Nov 2025 12:13:20 UTC\nSHA256:\n aa 1 x\n';

  it('says its date, signed within or not', () => {
    const publishedAt = new Date('2025-11-23T12:13:20Z');
    expect(readRelease(RELEASE)).toEqual({ revision: null, publishedAt });
    const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${RELEASE}-----BEGIN PGP SIGNATURE-----\n`;
    expect(readRelease(signed)).toEqual({ revision: null, publishedAt });
  });

  it.each(['', 'Suite: bookworm\n', 'Date: soon\n', 'X-Date: Sun, 23 Nov 2025 12:13:20 UTC\n'])(
    'is not %j',
    (text) => {
      expect(readRelease(text)).toBeUndefined();
    },
  );
});

it('whatever is in the file, it is read or it is not', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      for (const read of [readRepomd(`<repomd>${text}</repomd>`), readRelease(`Date: ${text}`)]) {
        expect(read?.publishedAt?.getTime()).not.toBeNaN();
      }
    }),
  );
});
