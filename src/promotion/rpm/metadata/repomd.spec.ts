import { MetadataProblem } from './metadata-problem.js';
import { longestRepomd, parseRepomd } from './repomd.js';

const hash = (digit: string) => digit.repeat(64);

const list = (type: string, digit: string) => `  <data type="${type}">
    <checksum type="sha256">${hash(digit)}</checksum>
    <open-checksum type="sha256">${hash('f')}</open-checksum>
    <location href="repodata/${hash(digit)}-${type}.xml.gz"/>
    <timestamp>1700000000</timestamp>
    <size>893</size>
    <open-size>3892</open-size>
  </data>
`;

const whole = `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>1700000000</revision>
  <tags>
    <repo>rpm/core/2025/el9-x86_64</repo>
  </tags>
${list('primary', '1')}${list('filelists', '2')}${list('other', '3')}  <data type="group">
    <checksum type="sha256">${hash('4')}</checksum>
    <location href="repodata/${hash('4')}-comps.xml"/>
    <timestamp>1700000000</timestamp>
    <size>312</size>
  </data>
</repomd>
`;

const parse = (xml: string) => parseRepomd(Buffer.from(xml));

describe('parseRepomd', () => {
  it('reads what createrepo_c writes', () => {
    const { revision, publication, files } = parse(whole);
    expect({ revision, publication }).toEqual({
      revision: 1_700_000_000,
      publication: 'rpm/core/2025/el9-x86_64',
    });
    expect([...files.keys()]).toEqual(['primary', 'filelists', 'other', 'group']);
    expect(files.get('primary')).toEqual({
      type: 'primary',
      path: `repodata/${hash('1')}-primary.xml.gz`,
      size: 893,
      sha256: hash('1'),
      open: { size: 3892, sha256: hash('f') },
      timestamp: 1_700_000_000,
    });
    expect(files.get('group')?.open).toBeUndefined();
  });

  it.each<[string, string | RegExp, string]>([
    ['no revision', /<revision>.*<\/revision>/, ''],
    ['a revision that is no number', '<revision>1', '<revision>x1'],
    ['a revision of two numbers', '<revision>', '<revision>1 '],
    ['an attribute of the revision', '<revision>', '<revision a="b">'],
    ['no publication', /<tags>[^]*<\/tags>/, ''],
    ['two publications', '<repo>', '<repo>rpm/a/1/el9-x86_64</repo><repo>'],
    ['a tag besides', '<repo>', '<distro>x</distro><repo>'],
    ['text besides', '<tags>', '<tags>x'],
    ['no primary', /<data type="primary">[^]*?<\/data>/, ''],
    [
      'two primaries',
      '  <data type="filelists">',
      `${list('primary', '5')}  <data type="filelists">`,
    ],
    ['a list that is no list', 'type="other"', 'type="prestodelta"'],
    ['a list of the object’s own', 'type="other"', 'type="constructor"'],
    ['no checksum', /<checksum .*<\/checksum>/, ''],
    ['two checksums', /(<checksum .*<\/checksum>)/, '$1$1'],
    ['a checksum of another kind', '<checksum type="sha256">', '<checksum type="sha1">'],
    ['a checksum in capitals', hash('f'), hash('F')],
    ['no size', '<size>893</size>', ''],
    ['a size below nothing', '<size>893', '<size>-893'],
    ['a size beyond all measure', '<size>893', '<size>999999999999'],
    ['an element in an element', '<size>893', '<size><b/>893'],
    ['a path to another hash', `repodata/${hash('1')}`, `repodata/${hash('2')}`],
    ['a path out of it', 'href="repodata/', 'href="../repodata/'],
    ['an address', 'href="repodata/', 'href="http://evil/repodata/'],
    ['another base', '<location href', '<location xml:base="http://evil/" href'],
    ['another namespace', 'metadata/repo"', 'metadata/repo2"'],
    ['a namespace more', '<repomd ', '<repomd xmlns:x="y" '],
    ['an element more', '</repomd>', '<evil/></repomd>'],
  ])('refuses %s', (_what, pattern, replacement) => {
    const xml = whole.replace(pattern, replacement);
    expect(xml).not.toBe(whole);
    expect(() => parse(xml)).toThrow(MetadataProblem);
  });

  it('refuses one that is far too long', () => {
    expect(() => parse(whole + ' '.repeat(longestRepomd))).toThrow('longer than');
  });
});
