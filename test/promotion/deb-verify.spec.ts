import { mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { byHashPaths, parseReleaseFile } from '../../src/promotion/deb/release-file.js';
import type { ReleasePackage } from '../../src/promotion/release.js';
import { requireTools } from '../clients/support/required-tools.js';
import { SigningKey } from '../clients/support/signing-key.js';
import { copyOf, DebPublication, type Release } from './support/deb-publication.js';
import { buildDeb } from './support/debs.js';

const dist = 'dists/bookworm';

describe('a DEB snapshot that is verified', () => {
  let folder: string;
  let key: SigningKey;
  let otherKey: SigningKey;
  let publication: DebPublication;
  let good: Release;

  beforeAll(async () => {
    requireTools();
    folder = await mkdtemp(join(tmpdir(), 'packyard-deb-'));
    key = await SigningKey.create(folder);
    otherKey = await SigningKey.create(await mkdtemp(join(folder, 'other-')));
    const publicKeyFile = join(folder, 'lts.asc');
    await writeFile(publicKeyFile, await key.publicKey());
    publication = await DebPublication.create(folder, key, publicKeyFile);

    const sample = { name: 'acme', version: '1:1.0-1', architecture: 'amd64' };
    const file = await buildDeb(join(folder, 'staged'), sample);
    const all = await buildDeb(join(folder, 'staged'), { ...sample, architecture: 'all' });
    good = await publication.release({
      added: [
        { target: 'bookworm-amd64', file },
        { target: 'bookworm-all', file: all },
      ],
    });
  });
  afterAll(async () => {
    await Promise.all([key?.close(), otherKey?.close()]);
    await rm(folder, { recursive: true, force: true });
  });

  const at = (release: Release, path: string) => join(release.folder, path);
  async function edit(release: Release, path: string, change: (text: string) => string) {
    const before = await readFile(at(release, path), 'utf8');
    expect(change(before)).not.toBe(before);
    await rm(at(release, path)); // it has other names
    await writeFile(at(release, path), change(before));
  }
  async function sign({ folder: snapshot }: Release, by = key) {
    const release = join(snapshot, dist, 'Release');
    await by.signDetached(release, `${release}.gpg`);
    await by.signInline(release, join(snapshot, dist, 'InRelease'));
  }
  const withPackages = (
    { folder: snapshot, document }: Release,
    change: (packages: readonly ReleasePackage[]) => readonly ReleasePackage[],
  ): Release => ({
    folder: snapshot,
    document: { ...document, packages: change(document.packages) },
  });
  const acme = () => good.document.packages.find((each) => each.architecture === 'amd64')!;

  const findings: [string, (copy: Release) => Promise<Release | void> | Release, string][] = [
    [
      'a package is missing',
      (copy) => rm(at(copy, acme().path)),
      'acme_1.0-1_amd64.deb is missing',
    ],
    ['a package is cut off', (copy) => truncate(at(copy, acme().path), 10), 'has 10 bytes'],
    [
      'a package is another',
      (copy) => writeFile(at(copy, acme().path), Buffer.alloc(acme().size)),
      'has another SHA-256',
    ],
    [
      'a package is a link',
      async (copy) => {
        await rename(at(copy, acme().path), join(folder, 'away.deb'));
        await symlink(join(folder, 'away.deb'), at(copy, acme().path));
      },
      'is missing',
    ],
    [
      'a file is named by nobody',
      (copy) => writeFile(at(copy, 'pool/bookworm/evil.deb'), ''),
      'pool/bookworm/evil.deb is named by no metadata',
    ],
    [
      'a link is left',
      (copy) => symlink('/etc', at(copy, 'dists/etc')),
      'dists/etc is no regular file',
    ],
    [
      'the release has a package more',
      (copy) => withPackages(copy, (all) => [...all, { ...acme(), version: '2' }]),
      'it does not list acme_2_amd64',
    ],
    [
      'the release has a package less',
      (copy) => withPackages(copy, (all) => all.slice(1)),
      'which is not of this release',
    ],
    [
      'the release has another distribution',
      (copy) => withPackages(copy, (all) => [...all, { ...acme(), target: 'trixie-amd64' }]),
      'dists/trixie is missing',
    ],
    [
      'InRelease is missing',
      (copy) => rm(at(copy, `${dist}/InRelease`)),
      `${dist}/InRelease is missing`,
    ],
    [
      'Release.gpg is missing',
      (copy) => rm(at(copy, `${dist}/Release.gpg`)),
      `${dist}/Release.gpg is missing`,
    ],
    [
      'Release was changed',
      (copy) => edit(copy, `${dist}/Release`, (text) => text.replace('LTS', 'STL')),
      'Release.gpg: It is not over what was to be signed',
    ],
    ['another key signed', (copy) => sign(copy, otherKey), 'Release.gpg: It is by the key'],
    [
      'InRelease is that of another Release',
      async (copy) => {
        await edit(copy, `${dist}/Release`, (text) => text.replace('LTS', 'STL'));
        await key.signDetached(at(copy, `${dist}/Release`), at(copy, `${dist}/Release.gpg`));
      },
      'InRelease is not that of Release',
    ],
    [
      'an index was changed',
      (copy) =>
        edit(copy, `${dist}/main/binary-amd64/Packages`, (text) =>
          text.replace('Nobody', 'Nobudy'),
        ),
      'binary-amd64/Packages: its MD5Sum is not that in Release',
    ],
    [
      'an index is longer',
      (copy) => edit(copy, `${dist}/main/binary-amd64/Packages`, (text) => `${text}\n`),
      'bytes, and Release says',
    ],
    [
      'an index is missing',
      (copy) => rm(at(copy, `${dist}/main/binary-arm64/Packages.gz`)),
      'binary-arm64/Packages.gz is missing',
    ],
    [
      'an index is missing by hash',
      async (copy) => {
        const { indexes } = parseReleaseFile(await readFile(at(copy, `${dist}/Release`)));
        const path = 'main/binary-amd64/Packages.gz';
        await rm(at(copy, `${dist}/${byHashPaths(path, indexes.get(path)!)[2]}`));
      },
      'of main/binary-amd64/Packages.gz is missing',
    ],
    [
      'another one is there by hash',
      async (copy) => {
        const { indexes } = parseReleaseFile(await readFile(at(copy, `${dist}/Release`)));
        const path = 'main/binary-amd64/Packages.gz';
        await writeFile(
          at(copy, `${dist}/${byHashPaths(path, indexes.get(path)!)[2]}`),
          gzipSync('other'),
        );
      },
      'bytes, and Release says',
    ],
    [
      'apt would complain',
      async (copy) => {
        await edit(copy, `${dist}/Release`, (text) =>
          text.replace(/^Date: .*$/m, 'Date: Mon, 01 Jan 2035 00:00:00 UTC'),
        );
        await sign(copy);
      },
      'is not valid yet',
    ],
  ];
  it.each(findings)('is refused when %s', async (_, damage, words) => {
    const copy = await copyOf(good);
    const damaged = (await damage(copy)) ?? copy;
    await expect(publication.verify(damaged)).rejects.toMatchObject({
      code: 'SNAPSHOT_INVALID',
      message: expect.stringContaining(words),
    });
  });

  it('is good as a copy', async () => {
    await publication.verify(await copyOf(good));
  });
});
