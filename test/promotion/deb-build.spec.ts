import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReleaseFile } from '../../src/promotion/deb/release-file.js';
import { AptRoot } from '../clients/support/apt-root.js';
import { requireTools } from '../clients/support/required-tools.js';
import { expectSuccess, mustRun } from '../clients/support/run.js';
import { installedVersion } from '../clients/support/sample-packages.js';
import { SigningKey } from '../clients/support/signing-key.js';
import { carry, DebPublication, readText, type Release } from './support/deb-publication.js';
import { buildDeb } from './support/debs.js';

describe('a DEB publication', () => {
  let folder: string;
  let key: SigningKey;
  let publicKeyFile: string;
  let publication: DebPublication;
  let debs: Record<'first' | 'second' | 'arm' | 'all' | 'library' | 'trixie', string>;

  beforeAll(async () => {
    requireTools();
    folder = await mkdtemp(join(tmpdir(), 'packyard-deb-'));
    key = await SigningKey.create(folder);
    publicKeyFile = join(folder, 'lts.asc');
    await writeFile(publicKeyFile, await key.publicKey());

    const build = (distribution: string, version: string, more = {}) =>
      buildDeb(join(folder, 'staged', distribution), {
        name: 'acme',
        version,
        architecture: 'amd64',
        ...more,
      });
    debs = {
      first: await build('bookworm', '1:1.0~rc1+git5-1', {
        control: 'Depends: acme-common,\n acme-common (>= 1.0)\nX-Custom: y\n',
        fileName: 'acme_1%3a1.0~rc1+git5-1_amd64.deb',
      }),
      second: await build('bookworm', '1:1.0-1'),
      arm: await build('bookworm', '1:1.0-1', { architecture: 'arm64' }),
      all: await build('bookworm', '1.0', { name: 'acme-common', architecture: 'all' }),
      library: await build('bookworm', '2.0', {
        name: 'libacme2',
        control: 'Source: libacme (2.0-0)\n',
      }),
      trixie: await build('trixie', '1:1.0-1', { content: 'built for trixie' }),
    };
  });
  afterAll(async () => {
    await key?.close();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    publication = await DebPublication.create(folder, key, publicKeyFile);
  });

  const first = () =>
    publication.release({
      added: [
        { target: 'bookworm-amd64', file: debs.first },
        { target: 'bookworm-all', file: debs.all },
        { target: 'bookworm-amd64', file: debs.library },
      ],
    });
  const releaseOf = async (release: Release, distribution: string) =>
    parseReleaseFile(Buffer.from(await readText(release, `dists/${distribution}/Release`)));

  it('has the tools that it needs', async () => {
    await publication.builder.requireTools();
  });

  it('is whole: indexes of every architecture, signatures, packages', async () => {
    const release = await first();

    const { origin, label, suite, codename, architectures } = await releaseOf(release, 'bookworm');
    expect({ origin, label, suite, codename, architectures }).toEqual({
      origin: 'LTS',
      label: 'core-2025',
      suite: 'bookworm',
      codename: 'bookworm',
      architectures: ['amd64', 'arm64'],
    });
    const pool = await readdir(join(release.folder, 'pool'), { recursive: true });
    expect(pool.filter((path) => path.endsWith('.deb')).sort()).toEqual([
      'bookworm/main/a/acme-common/acme-common_1.0_all.deb',
      'bookworm/main/a/acme/acme_1%3a1.0~rc1+git5-1_amd64.deb',
      'bookworm/main/liba/libacme/libacme2_2.0_amd64.deb',
    ]);
    expect(await readText(release, 'dists/bookworm/main/binary-arm64/Packages')).toMatch(
      /^Package: acme-common\n[^]*\n\n$/,
    );
    expect(await readdir(release.folder)).toEqual(['dists', 'pool']);
  });

  it('links the packages and writes to none', async () => {
    const release = await first();
    const { path } = release.document.packages[0]!;
    expect((await stat(join(release.folder, path))).ino).toBe((await stat(debs.first)).ino);
  });

  it('names every file of it, and no other', async () => {
    const release = await first();
    const entries = await readdir(release.folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(release.folder.length + 1));
    const named = [...(await publication.builder.namedFiles(release.folder))];
    expect(named.sort()).toEqual(files.sort());
  });

  it('leaves the other distributions as they are signed', async () => {
    const base = await first();
    const trixie = { target: 'trixie-amd64', file: debs.trixie };
    const both = await publication.release({ base, added: [trixie] });
    const after = await publication.release({
      base: both,
      added: [{ target: 'bookworm-arm64', file: debs.arm }],
    });

    for (const name of ['InRelease', 'Release.gpg', 'main/binary-amd64/Packages.gz']) {
      const path = `dists/trixie/${name}`;
      const [a, b] = [both, after].map((each) => stat(join(each.folder, path)));
      expect((await a!).ino).toBe((await b!).ino);
    }
    // The same name and version in two distributions, each with a file of its own.
    const same = 'pool/trixie/main/a/acme/acme_1.0-1_amd64.deb';
    const ofBookworm = 'pool/bookworm/main/a/acme/acme_1.0-1_arm64.deb';
    expect((await stat(join(after.folder, same))).size).toBeGreaterThan(0);
    expect((await stat(join(after.folder, ofBookworm))).size).toBeGreaterThan(0);
  });

  it('takes one file name with two contents in two distributions', async () => {
    const release = await publication.release({
      added: [
        { target: 'bookworm-amd64', file: debs.second },
        { target: 'trixie-amd64', file: debs.trixie },
      ],
    });
    const names = release.document.packages.map(({ path }) => path.split('/').at(-1));
    expect(names).toEqual(['acme_1.0-1_amd64.deb', 'acme_1.0-1_amd64.deb']);
    expect(new Set(release.document.packages.map(({ sha256 }) => sha256)).size).toBe(2);
  });

  it('takes one file in two distributions', async () => {
    const staged = { name: 'same', version: '1', architecture: 'all' };
    const file = await buildDeb(join(folder, 'staged'), staged);
    const added = [
      { target: 'bookworm-all', file },
      { target: 'trixie-all', file },
    ];
    const base = await publication.release({ added });
    const { document } = await publication.release({
      base,
      added: [
        { target: 'bookworm-amd64', file: debs.second },
        { target: 'trixie-amd64', file: debs.trixie },
      ],
    });
    expect(document.packages.map(({ path }) => path)).toContain(
      'pool/trixie/main/s/same/same_1_all.deb',
    );
  });

  it('is dated later than its base, whatever the clock says', async () => {
    const base = await first();
    const before = (await releaseOf(base, 'bookworm')).date;
    const after = await publication.release({
      base,
      added: [{ target: 'bookworm-arm64', file: debs.arm }],
      now: new Date(before.getTime() - 3_600_000),
    });
    expect((await releaseOf(after, 'bookworm')).date.getTime()).toBe(before.getTime() + 1000);
  });

  it('keeps the names that it was first published with', async () => {
    const base = await first();
    const path = join(base.folder, 'dists/bookworm/Release');
    const renamed = (await readText(base, 'dists/bookworm/Release')).replace('LTS', 'Vendor');
    await writeFile(path, renamed);
    const after = await publication.build({
      base,
      added: [{ target: 'bookworm-arm64', file: debs.arm }],
    });
    expect((await releaseOf(after, 'bookworm')).origin).toBe('Vendor');
  });

  it('goes on when all packages of a distribution are gone', async () => {
    const base = await publication.release({
      added: [{ target: 'bookworm-arm64', file: debs.arm }],
    });
    const after = await publication.release({ base, removed: ['acme_1.0-1_arm64.deb'] });
    expect(await readText(after, 'dists/bookworm/main/binary-arm64/Packages')).toBe('');
    await publication.release({
      base: after,
      added: [{ target: 'bookworm-arm64', file: debs.arm }],
    });
  });

  it('does not read again what aptly knows', async () => {
    const base = await first();
    const { path, size, sha256 } = base.document.packages[0]!;
    const damaged = join(base.folder, path);
    await rm(damaged);
    await writeFile(damaged, Buffer.alloc(size));
    const after = await publication.build({
      base,
      added: [{ target: 'bookworm-arm64', file: debs.arm }],
    });

    const index = await readText(after, 'dists/bookworm/main/binary-amd64/Packages');
    expect(index).toContain(`SHA256: ${sha256}`);
    await expect(publication.verify(after)).rejects.toMatchObject({
      code: 'SNAPSHOT_INVALID',
      message: expect.stringContaining(`${path} has another SHA-256`),
    });
  });

  describe('with what aptly knew before', () => {
    const cacheOf = ({ folder: own }: DebPublication) => join(own, 'cache/deb/core/2025');
    const addArm = (base: Release) =>
      publication.release({ base, added: [{ target: 'bookworm-arm64', file: debs.arm }] });

    it.each([
      ['lost', (cache: string) => rm(cache, { recursive: true })],
      ['damaged', (cache: string) => writeFile(join(cache, 'db/CURRENT'), 'MANIFEST-999999\n')],
      ['cut off', (cache: string) => writeFile(join(cache, 'content.json'), '{"bookworm":{')],
      [
        'of something else',
        (cache: string) => writeFile(join(cache, 'content.json'), '{"bookworm":{}}'),
      ],
    ])('%s, it is made again', async (_, damage) => {
      const base = await first();
      await damage(cacheOf(publication));
      await addArm(base);
    });

    it('left by a promotion that was given up, it goes on from the base', async () => {
      const base = await first();
      await publication.build({
        base,
        added: [{ target: 'bookworm-amd64', file: debs.second }],
        removed: ['acme_1%3a1.0~rc1+git5-1_amd64.deb'],
      });
      const after = await addArm(base);
      expect(after.document.packages).toHaveLength(4);
    });
  });

  it('keeps apt going: install, upgrade, and the way back', async () => {
    const root = await AptRoot.create(folder);
    const live = join(folder, 'live');
    const switchTo = async ({ folder: snapshot }: Release) => {
      await mkdir(live, { recursive: true });
      await mustRun('ln', ['--symbolic', '--force', '--no-dereference', snapshot, `${live}/core`]);
      expectSuccess(await root.aptGet('update'));
    };
    const version = () => installedVersion(root.folder, 'acme');
    await root.write(
      'etc/apt/sources.list',
      `deb [signed-by=${publicKeyFile}] copy:${live}/core bookworm main\n`,
    );

    const one = await first();
    await switchTo(one);
    expectSuccess(await root.aptGet('install', 'acme', 'libacme2'));
    expect(await version()).toBe('1:1.0~rc1+git5-1');

    const two = await publication.release({
      base: one,
      added: [{ target: 'bookworm-amd64', file: debs.second }],
    });
    await switchTo(two);
    expectSuccess(await root.aptGet('upgrade'));
    expect(await version()).toBe('1:1.0-1');

    const back = await publication.release({ base: two, removed: ['acme_1.0-1_amd64.deb'] });
    await switchTo(back);
    expectSuccess(await root.aptGet('install', '--allow-downgrades', 'acme=1:1.0~rc1+git5-1'));
    expect(await version()).toBe('1:1.0~rc1+git5-1');
  });

  it('verifies with what is carried from the base', async () => {
    const base = await first();
    const gone = 'acme_1%3a1.0~rc1+git5-1_amd64.deb';
    const { path } = base.document.packages.find((each) => each.path.endsWith(gone))!;
    const after = await publication.release({ base, removed: [gone] });
    await publication.verify(await carry(base, after, path));
  });
});
