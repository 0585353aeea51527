import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { filesIn } from '../../src/promotion/deb/publication-files.js';
import { checkRelease } from '../../src/signer/deb/check-release.js';
import {
  afterPromotion,
  afterRetention,
  afterRollback,
  afterWithdrawal,
  type ExpectedPackages,
} from '../../src/signer/deb/expected-packages.js';
import { readLocalPackage } from '../../src/signer/deb/local-package.js';
import {
  readSignedDistribution,
  type SignedDistribution,
} from '../../src/signer/deb/signed-distribution.js';
import { PrimaryKeys } from '../../src/signing/primary-keys.js';
import { requireTools } from '../clients/support/required-tools.js';
import { mustRun } from '../clients/support/run.js';
import { SigningKey } from '../clients/support/signing-key.js';
import { component, DebPublication, type Release } from './support/deb-publication.js';
import { buildDeb } from './support/debs.js';

/** Everything that aptly writes in another way than the package does. */
const unusualControl = `Depends: acme-common,
 libc6 (>= 2.36) | libc6.1,
  perl
Pre-Depends: dpkg (>= 1.20) ,
   tar
Recommends:
Suggests: a,b ,c
provides: acme-api (= 1.0)
Original-Maintainer: Ünïcödé <nobody@example.org>
Tag: devel::lang,
 role::program
x-build-Id: abc
section: misc
Homepage: https://example.org/?a=b
Built-Using: gcc (= 1),
  go (= 2)
`;

describe('the signer, of what aptly builds', () => {
  let folder: string;
  let key: SigningKey;
  let keys: PrimaryKeys;
  let publication: DebPublication;
  let files: { first: string; second: string; all: string };
  let one: Release;
  let two: Release;

  beforeAll(async () => {
    requireTools();
    folder = await mkdtemp(join(tmpdir(), 'packyard-deb-'));
    key = await SigningKey.create(folder);
    keys = await PrimaryKeys.parse(await key.publicKey());
    const publicKeyFile = join(folder, 'lts.asc');
    await writeFile(publicKeyFile, await key.publicKey());
    publication = await DebPublication.create(folder, key, publicKeyFile);

    const build = (version: string, more = {}) =>
      buildDeb(join(folder, 'staged'), { name: 'acme', version, architecture: 'amd64', ...more });
    files = {
      first: await build('1:1.0~rc1-1', { control: unusualControl }),
      second: await build('1:1.0-1', { fileName: 'acme_1%3a1.0-1_amd64.deb' }),
      all: await build('1.0', { name: 'libacme-doc', architecture: 'all' }),
    };
    one = await publication.release({
      added: [
        { target: 'bookworm-amd64', file: files.first },
        { target: 'bookworm-all', file: files.all },
      ],
    });
    const added = [{ target: 'bookworm-amd64', file: files.second }];
    two = await publication.release({ base: one, added });
  });
  afterAll(async () => {
    await key?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const read = async ({ folder: snapshot }: Release, by = keys, distribution = 'bookworm') =>
    readSignedDistribution({
      inRelease: await readFile(join(snapshot, 'dists/bookworm/InRelease')),
      fetchFile: filesIn(snapshot),
      keys: by,
      distribution,
    });
  const local = (...paths: string[]) =>
    Promise.all(paths.map((file) => readLocalPackage(file, 'bookworm')));
  const check = async (
    { folder: snapshot }: Release,
    base: SignedDistribution | undefined,
    expected: ExpectedPackages,
    now = new Date(),
  ) =>
    checkRelease({
      release: await readFile(join(snapshot, 'dists/bookworm/Release')),
      fetchFile: filesIn(snapshot),
      component: 'core',
      series: '2025',
      distribution: 'bookworm',
      architectures: component.deb!.architectures,
      ...(base && { base }),
      expected,
      now,
    });

  it('signs the first release, of packages that it read itself', async () => {
    const added = await local(files.first, files.all);
    await check(one, undefined, afterPromotion(new Map(), added));
  });

  it('signs a promotion upon a base that it verified', async () => {
    const base = await read(one);
    await check(two, base, afterPromotion(base.packages, await local(files.second)));
    expect(base.packages.size).toBe(2);
    const digest = await mustRun('sha256sum', [join(one.folder, 'dists/bookworm/Release')]);
    expect(digest).toContain(base.digest);
  });

  it('signs what a withdrawal leaves, and what a rollback restores', async () => {
    const base = await read(two);
    const back = await publication.release({ base: two, removed: ['acme_1%3a1.0-1_amd64.deb'] });
    await check(back, base, afterWithdrawal(base.packages, ['acme_1%3a1.0-1_amd64.deb']));
    await check(back, base, afterRollback(base.packages, await read(one), 'amd64'));
  });

  it('signs what its own retention leaves, and neither more nor less', async () => {
    const base = await read(one);
    const added = await local(files.second);
    const alone = await publication.release({
      base: one,
      added: [{ target: 'bookworm-amd64', file: files.second }],
      removed: [basename(files.first)],
    });
    const after = (keep: number, architecture = 'amd64') =>
      afterPromotion(afterRetention(base.packages, added, architecture, keep), added);
    await check(alone, base, after(1));
    await check(two, base, after(2));
    await check(two, base, after(1, 'all'));
    await expect(check(two, base, after(1))).rejects.toThrow('acme_1:1.0~rc1-1');
    await expect(check(alone, base, after(2))).rejects.toThrow('acme_1:1.0~rc1-1');
  });

  it('refuses a package that it did not read', async () => {
    const base = await read(one);
    await expect(check(two, base, base.packages)).rejects.toThrow(
      'lists acme_1:1.0-1_amd64, which nobody vouches for',
    );
  });

  it('refuses a package that is not the one it read', async () => {
    const other = await buildDeb(join(folder, 'other'), {
      name: 'acme',
      version: '1:1.0-1',
      architecture: 'amd64',
      fileName: 'acme_1%3a1.0-1_amd64.deb',
      content: 'something else',
    });
    const base = await read(one);
    const expected = afterPromotion(base.packages, await local(other));
    await expect(check(two, base, expected)).rejects.toThrow('with another ');
  });

  it('refuses an earlier release in the place of a new one', async () => {
    const base = await read(two);
    const expected = (await read(one)).packages;
    await expect(check(one, base, expected)).rejects.toThrow('and the base is of');
  });

  it('refuses a release of tomorrow', async () => {
    const base = await read(one);
    const expected = afterPromotion(base.packages, await local(files.second));
    const yesterday = new Date(Date.now() - 86_400_000);
    await expect(check(two, base, expected, yesterday)).rejects.toThrow('now');
  });

  describe('refuses as a base', () => {
    it('what another key signed', async () => {
      const other = await SigningKey.create(await mkdtemp(join(folder, 'other-')));
      try {
        const otherKeys = await PrimaryKeys.parse(await other.publicKey());
        await expect(read(one, otherKeys)).rejects.toMatchObject({
          name: 'SigningRefused',
          message: expect.stringContaining('should be by'),
        });
      } finally {
        await other.close();
      }
    });

    it('another distribution', async () => {
      await expect(read(one, keys, 'trixie')).rejects.toThrow('it is that of bookworm');
    });

    it('indexes that are not those signed', async () => {
      const mixed = readSignedDistribution({
        inRelease: await readFile(join(one.folder, 'dists/bookworm/InRelease')),
        fetchFile: filesIn(two.folder),
        keys,
        distribution: 'bookworm',
      });
      await expect(mixed).rejects.toThrow('bytes, and Release says');
    });
  });

  it('reads no package that hides where its file goes', async () => {
    const control = 'SHA256: abc\n';
    const sample = { name: 'acme', version: '3', architecture: 'amd64', control };
    const file = await buildDeb(folder, sample);
    await expect(readLocalPackage(file, 'bookworm')).rejects.toMatchObject({
      name: 'SigningRefused',
    });
  });
});
