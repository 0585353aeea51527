import {
  copyFile,
  link,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DnfRoot } from '../clients/support/dnf-root.js';
import { expectSuccess, mustRun } from '../clients/support/run.js';
import { installedVersion } from '../clients/support/sample-packages.js';
import { SigningKey } from '../clients/support/signing-key.js';
import {
  filesOf,
  inodeOf,
  RpmWorkbench,
  type SignedRpm,
  type Snapshot,
} from './support/rpm-workbench.js';

const updateinfo = `<?xml version="1.0" encoding="UTF-8"?>
<updates><update from="ops@example.org" status="final" type="security" version="1"><id>LTS-1</id>
<title>acme</title><issued date="2026-01-01 00:00:00"/><description>d</description><pkglist>
<collection short="lts"><name>LTS</name><package name="acme" version="2.0" release="1" epoch="0" arch="noarch">
<filename>acme-2.0-1.noarch.rpm</filename></package></collection></pkglist></update></updates>
`;
const comps =
  '<?xml version="1.0" encoding="UTF-8"?>\n<comps><group><id>lts</id><name>LTS</name></group></comps>\n';
const modules = '---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: acme\n...\n';

describe('An RPM repository', () => {
  let bench: RpmWorkbench;
  let acme1: SignedRpm;
  let acme2: SignedRpm;
  let source: SignedRpm;

  beforeAll(async () => {
    bench = await RpmWorkbench.create();
    acme1 = await bench.signedSample({ name: 'acme', architecture: 'noarch' });
    acme2 = await bench.signedSample({ name: 'acme', architecture: 'noarch', version: '2.0' });
    source = await bench.signedSample({ name: 'acme', kind: 'src', epoch: 2 });
  }, 120_000);
  afterAll(() => bench.close());

  const invalid = (snapshot: Snapshot, verified?: Snapshot) =>
    bench.verify(snapshot, verified).then(
      () => 'it holds',
      ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
    );

  const repomdOf = (folder: string) => readFile(join(folder, 'repodata/repomd.xml'), 'utf8');

  /** The file of this kind in the repository's metadata. */
  async function metadataFile(folder: string, type: string): Promise<string> {
    const names = await readdir(join(folder, 'repodata'));
    return join(
      folder,
      'repodata',
      names.find((name) => name.endsWith(`-${type}`))!,
    );
  }

  it('is what dnf installs from, signatures of packages and metadata checked', async () => {
    const { folder, document, tasks } = await bench.release({ packages: [acme1, acme2, source] });
    await bench.verify({ folder, document });
    expect(tasks).toBe(1);

    const root = await DnfRoot.create(bench.folder);
    await root.writeRepository(
      `[lts]\nname=LTS\nbaseurl=file://${folder}\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1\n` +
        `gpgkey=file://${bench.publicKeyFile}\n`,
    );
    expectSuccess(await root.dnf('install', 'acme'));
    expect(await installedVersion(root.folder, 'acme')).toBe('2.0');
  });

  it('is built upon an earlier one, which stays as it is', async () => {
    const base = await bench.release({ packages: [acme1] });
    const before = await repomdOf(base.folder);
    const next = await bench.release({ packages: [...filesOf(base).packages, acme2], base });

    await bench.verify(next);
    await bench.verify(next, base);
    expect(await repomdOf(base.folder)).toBe(before);
    const path = acme1.entry.path;
    expect(await inodeOf(join(next.folder, path))).toBe(await inodeOf(join(base.folder, path)));
    expect(next.document.packages).toHaveLength(2);
  });

  it('has a first release without packages', async () => {
    await bench.verify(await bench.release({ packages: [] }));
  });

  it('says what it is, and is never older than what it follows', async () => {
    const base = await bench.release({ packages: [acme1] });
    const now = new Date(Date.now() - 60_000);
    const next = await bench.release({ packages: [acme1, acme2], base, now });
    const repomd = await repomdOf(next.folder);
    expect(repomd).toContain('<repo>rpm/core/2025/el9-x86_64</repo>');
    expect(repomd).toContain(`<revision>${Math.floor(now.getTime() / 1000)}</revision>`);
    const modified = await stat(join(next.folder, 'repodata/repomd.xml'));
    expect(modified.mtime).toEqual(now);
  });

  describe('with comps, updateinfo and modules', () => {
    let first: Snapshot;

    beforeAll(async () => {
      const extras = [
        await bench.extra('comps.xml', comps),
        await bench.extra('updateinfo.xml.gz', gzipSync(updateinfo)),
        await bench.extra('modules.yaml', modules),
      ];
      first = await bench.release({ packages: [acme2], extras });
    });

    it('publishes them to dnf', async () => {
      await bench.verify(first);
      const root = await DnfRoot.create(bench.folder);
      await root.writeRepository(
        `[lts]\nname=LTS\nbaseurl=file://${first.folder}\nenabled=1\ngpgcheck=0\n`,
      );
      expect((await root.dnf('group', 'list', '--ids')).stdout).toContain('(lts)');
      expect((await root.dnf('repoquery', '--advisory', 'LTS-1')).stdout).toContain('acme-0:2.0-1');
      expect((await root.dnf('module', 'list')).output).not.toContain('rror');
    });

    it('carries them to the next release, where nothing replaces them', async () => {
      const { packages, extras } = filesOf(first);
      const other = await bench.extra('modules.yaml', modules.replace('acme', 'minion'));
      const kept = extras.filter(({ entry }) => entry.type !== 'modules');
      const next = await bench.release({
        packages: [...packages, acme1],
        extras: [...kept, other],
        base: first,
      });
      await bench.verify(next, first);
      expect(await invalid({ ...next, document: first.document })).toContain('SNAPSHOT_INVALID');
    });

    it('notices one that is not the staged one', async () => {
      const { folder, document } = first;
      const extras = document.extras.map((extra) => ({ ...extra, sha256: '0'.repeat(64) }));
      expect(await invalid({ folder, document: { ...document, extras } })).toContain(
        'its comps is not the one that was staged',
      );
    });
  });

  describe('restored', () => {
    it('needs no new signature, and looks newer to who asks for what has changed', async () => {
      const first = await bench.release({
        packages: [acme1],
        extras: [await bench.extra('comps.xml', comps)],
      });
      const second = await bench.release({ packages: [acme1, acme2], base: first });
      const again = await bench.release({ ...filesOf(first), base: second, restored: first });

      expect(again.tasks).toBe(0);
      await bench.verify(again, second);
      expect(await repomdOf(again.folder)).toBe(await repomdOf(first.folder));
      const times = [first, second, again].map(({ folder }) =>
        stat(join(folder, 'repodata/repomd.xml')),
      );
      const [of1, of2, of3] = await Promise.all(times);
      expect(of3!.mtimeMs).toBeGreaterThan(of2!.mtimeMs);
      expect((await stat(join(first.folder, 'repodata/repomd.xml'))).mtimeMs).toBe(of1!.mtimeMs);
    });

    it('is built anew where the set is another', async () => {
      const first = await bench.release({ packages: [acme1] });
      const more = await bench.release({ packages: [acme1, acme2], restored: first });
      expect(more.tasks).toBe(1);
      await bench.verify(more);
    });
  });

  it('names its files', async () => {
    const { folder, document } = await bench.release({
      packages: [acme1, source],
      extras: [await bench.extra('comps.xml', comps)],
    });
    const named = await bench.builder.namedFiles(folder);
    const repodata = await readdir(join(folder, 'repodata'));
    expect([...named].sort()).toEqual(
      [
        ...repodata.map((name) => `repodata/${name}`),
        ...document.packages.map((it) => it.path),
      ].sort(),
    );
    expect(named).toContain('SRPMS/acme-1.0-1.src.rpm');
  });

  describe('does not hold', () => {
    let snapshot: Snapshot;

    beforeEach(async () => {
      snapshot = await bench.release({ packages: [acme1, acme2] });
      await bench.verify(snapshot);
    });

    const repomdSignature = () => join(snapshot.folder, 'repodata/repomd.xml.asc');

    it('without a signature', async () => {
      await rm(repomdSignature());
      expect(await invalid(snapshot)).toMatch(/^SNAPSHOT_INVALID: .*repomd.xml.asc/);
    });

    it('with a signature over other metadata', async () => {
      const repomd = join(snapshot.folder, 'repodata/repomd.xml');
      await writeFile(
        repomd,
        (await readFile(repomd, 'utf8')).replace('<revision>', '<revision>1'),
      );
      expect(await invalid(snapshot)).toContain('not over what was to be signed');
    });

    it('with a signature by the subkey', async () => {
      await rm(repomdSignature());
      const unattended = ['--batch', '--pinentry-mode', 'loopback', '--passphrase-file'];
      const repomd = join(snapshot.folder, 'repodata/repomd.xml');
      await mustRun(
        'gpg',
        [
          ...[...unattended, bench.key.passphraseFile, '-u', `${bench.key.subkeyFingerprint}!`],
          ...['--armor', '--detach-sign', '--output', repomdSignature(), repomd],
        ],
        { env: { GNUPGHOME: bench.key.home, HOME: bench.key.home } },
      );
      expect(await invalid(snapshot)).toContain('by the subkey');
    });

    it('with a file of the metadata missing or changed', async () => {
      const filelists = await metadataFile(snapshot.folder, 'filelists.xml.gz');
      await rename(filelists, `${filelists}.away`);
      expect(await invalid(snapshot)).toContain('SNAPSHOT_INVALID');
      await writeFile(filelists, gzipSync('<filelists/>'));
      expect(await invalid(snapshot)).toMatch(/filelists.xml.gz (has|is larger)/);
    });

    it('with a file beside the metadata, unless it is carried', async () => {
      const path = `repodata/${'0'.repeat(64)}-primary.xml.gz`;
      await writeFile(join(snapshot.folder, path), 'earlier');
      expect(await invalid(snapshot)).toContain(`${path} belongs neither`);
      const carried = [{ path, left_at: '2026-11-24T11:00:00Z' }];
      const document = { ...snapshot.document, carried };
      expect(await invalid({ ...snapshot, document })).toBe('it holds');
    });

    it('with a package missing, too many, or another one', async () => {
      const { document } = snapshot;
      const [first, second] = document.packages;
      const withPackages = (...packages: typeof document.packages) =>
        invalid({ ...snapshot, document: { ...document, packages } });
      expect(await withPackages(first!)).toContain('lists 2 packages instead of 1');
      expect(await withPackages(first!, second!, source.entry)).toContain('does not list SRPMS/');
      expect(await withPackages(first!, { ...second!, version: '3.0-1' })).toContain('not so');
      expect(await withPackages(first!, { ...second!, identity: '0'.repeat(64) })).toContain(
        'another header',
      );
    });

    it('with a package changed on the disk', async () => {
      const file = join(snapshot.folder, acme1.entry.path);
      const bytes = await readFile(file);
      bytes.writeUInt32BE(0, bytes.length - 20);
      await unlink(file); // it is a link to what was signed
      await writeFile(file, bytes);
      expect(await invalid(snapshot)).toContain('does not have the SHA-256');
      await unlink(file);
      await writeFile(file, 'short');
      expect(await invalid(snapshot)).toContain(`is no file of ${acme1.entry.size} bytes`);
      await unlink(file);
      expect(await invalid(snapshot)).toContain('SNAPSHOT_INVALID');
    });

    it('with a package that is not the verified one, whatever the base says', async () => {
      const base = await bench.release({ packages: [acme1, acme2] });
      const file = join(snapshot.folder, acme1.entry.path);
      const copy = `${file}.copy`;
      const bytes = await readFile(file);
      bytes.writeUInt32BE(0, bytes.length - 20);
      await writeFile(copy, bytes);
      await rename(copy, file);
      expect(await invalid(snapshot, base)).toContain('does not have the SHA-256');
      await unlink(file);
      await link(join(base.folder, acme1.entry.path), file);
      expect(await invalid(snapshot, base)).toBe('it holds');
    });

    it('with a package that nobody signed', async () => {
      const bytes = await readFile(acme1.staged);
      const unsigned = {
        ...acme1,
        source: acme1.staged,
        entry: { ...acme1.entry, size: bytes.length, sha256: await sha256(acme1.staged) },
      };
      expect(await invalid(await bench.release({ packages: [unsigned] }))).toContain(
        'rpm does not accept Packages/acme-1.0-1.noarch.rpm: digests SIGNATURES NOT OK',
      );
    });

    it('with a package that the subkey signed', async () => {
      const file = join(await bench.newFolder(), 'acme-1.0-1.noarch.rpm');
      await copyFile(acme1.staged, file);
      await bench.key.signRpms([file], bench.key.subkeyFingerprint);
      const { size } = await stat(file);
      const entry = { ...acme1.entry, size, sha256: await sha256(file) };
      expect(await invalid(await bench.release({ packages: [{ entry, source: file }] }))).toContain(
        'does not count: It is by the subkey',
      );
    });

    it('with a package whose key is no longer ours, even if it was verified before', async () => {
      const other = await SigningKey.create(join(bench.folder, 'other'));
      const publicKeyFile = join(bench.folder, 'other.asc');
      await writeFile(publicKeyFile, await other.publicKey());
      const repomd = join(snapshot.folder, 'repodata/repomd.xml');
      await rm(repomdSignature());
      await other.signDetached(repomd, repomdSignature());
      await other.close();
      const { folder, document } = snapshot;
      await expect(
        bench.builder.verify(folder, document, publicKeyFile, snapshot),
      ).rejects.toMatchObject({
        code: 'SNAPSHOT_INVALID',
        message: expect.stringContaining('does not count: It is by the key'),
      });
    }, 60_000);

    it('as another publication', async () => {
      const publication = { ...snapshot.document.publication, series: '2024' };
      const document = { ...snapshot.document, publication };
      expect(await invalid({ ...snapshot, document })).toContain(
        'its metadata is that of rpm/core/2025/el9-x86_64',
      );
    });

    it('where libsolv cannot read it', async () => {
      const updates = await bench.extra('updateinfo.xml', updateinfo);
      const content = updateinfo.replace('</updates>', '');
      await writeFile(updates.source, content);
      const entry = { ...updates.entry, sha256: await sha256(updates.source) };
      const extras = [{ ...updates, entry }];
      expect(await invalid(await bench.release({ packages: [acme1], extras }))).toMatch(
        /^SNAPSHOT_INVALID: .*repo2solv failed/,
      );
    });
  });

  async function sha256(file: string): Promise<string> {
    return (await mustRun('sha256sum', [file])).split(' ')[0]!;
  }
});
