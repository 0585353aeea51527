import { type PackageListType, readPackageList } from './package-list.js';

const pkgid = 'a'.repeat(64);
const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

const primaryPackage = `<package type="rpm">
  <name>acme</name>
  <arch>x86_64</arch>
  <version epoch="1" ver="2.0" rel="3"/>
  <checksum type="sha256" pkgid="YES">${pkgid}</checksum>
  <summary>s &amp; t</summary>
  <time file="1795518097" build="1795518096"/>
  <size package="6285" installed="4" archive="388"/>
  <location href="Packages/acme-2.0-3.x86_64.rpm"/>
  <format>
    <rpm:license>MIT</rpm:license>
    <rpm:provides><rpm:entry name="acme"/></rpm:provides>
  </format>
</package>
`;
const primary = `${declaration}<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="1">
${primaryPackage}</metadata>`;
const filelists = `${declaration}<filelists xmlns="http://linux.duke.edu/metadata/filelists" packages="1">
<package pkgid="${pkgid}" name="acme" arch="x86_64">
  <version epoch="1" ver="2.0" rel="3"/>
  <file type="dir">/usr/share/acme</file>
</package>
</filelists>`;

async function* chunksOf(xml: string): AsyncIterable<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from(xml);
}

const read = (xml: string, type: PackageListType = 'primary') =>
  readPackageList(type, chunksOf(xml));

describe('readPackageList', () => {
  it('reads primary', async () => {
    expect(await read(primary)).toEqual([
      {
        sha256: pkgid,
        name: 'acme',
        architecture: 'x86_64',
        epoch: '1',
        version: '2.0',
        release: '3',
        path: 'Packages/acme-2.0-3.x86_64.rpm',
        size: 6285,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
  });

  it('reads filelists and other', async () => {
    const expected = { sha256: pkgid, name: 'acme', epoch: '1', version: '2.0', release: '3' };
    expect(await read(filelists, 'filelists')).toMatchObject([expected]);
    const other = filelists.replaceAll('filelists', 'otherdata').replace('/otherdata"', '/other"');
    expect(await read(other, 'other')).toMatchObject([expected]);
  });

  it('reads none', async () => {
    const none = primary.replace(primaryPackage, '').replace('packages="1"', 'packages="0"');
    expect(await read(none)).toEqual([]);
  });

  it('digests everything but when the file was written', async () => {
    const digestOf = async (xml: string) => (await read(xml))[0]!.digest;
    const before = await digestOf(primary);
    expect(await digestOf(primary.replace('file="1795518097"', 'file="1"'))).toBe(before);
    for (const [from, to] of [
      ['build="1795518096"', 'build="1"'],
      ['MIT', 'GPL'],
      ['name="acme"', 'name="acme" pre="1"'],
      ['s &amp; t', 's'],
      ['file="1795518097" ', ''],
      ['file="1795518097"', 'file="x"'],
      ['<rpm:license>MIT</rpm:license>', ''],
    ] as const) {
      const changed = primary.replace(from, to);
      expect(changed).not.toBe(primary);
      expect(await digestOf(changed)).not.toBe(before);
    }
  });

  it.each<[string, string, string]>([
    ['more packages than it says', 'packages="1"', 'packages="0"'],
    ['fewer packages than it says', 'packages="1"', 'packages="2"'],
    ['no number of packages', ' packages="1"', ''],
    ['another root', 'metadata xmlns', 'metadatas xmlns'],
    ['another namespace', 'metadata/common', 'metadata/uncommon'],
    ['an attribute more', 'packages="1"', 'packages="1" evil=""'],
    ['text between packages', '<package type', 'x<package type'],
    ['something else between packages', '<package type="rpm">', '<other/><package type="rpm">'],
    ['a package of another kind', 'type="rpm"', 'type="deb"'],
    ['no name', '<name>acme</name>', ''],
    ['two names', '<name>acme</name>', '<name>acme</name><name>evil</name>'],
    ['two places', '<location', '<location href="Packages/x.rpm"/><location'],
    ['a place outside', 'href="Packages/', 'href="../Packages/'],
    ['a place of a hidden file', 'href="Packages/acme', 'href="Packages/.acme'],
    ['a place that is no RPM', '.rpm"', '.sh"'],
    ['another base', 'href="Packages', 'xml:base="http://evil/" href="Packages'],
    ['no checksum', 'pkgid="YES"', 'pkgid="NO"'],
    ['a weak checksum', 'type="sha256"', 'type="sha"'],
    ['half a checksum', pkgid, pkgid.slice(1)],
    ['no size', 'package="6285"', 'package="0"'],
  ])('refuses %s', async (_what, from, to) => {
    const xml = primary.replace(from, to);
    expect(xml).not.toBe(primary);
    const unclosed = _what === 'another root' ? xml.replace('</metadata>', '</metadatas>') : xml;
    await expect(read(unclosed)).rejects.toMatchObject({ name: 'MetadataProblem' });
  });

  it('refuses one list in place of another', async () => {
    await expect(read(filelists)).rejects.toThrow('its root is <filelists');
    await expect(read(primary, 'other')).rejects.toThrow('its root is <metadata');
  });
});
