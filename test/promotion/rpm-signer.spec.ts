import { createReadStream } from 'node:fs';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Content } from '../../src/promotion/rpm/metadata/checked-content.js';
import { checkRepomd, type ExtraType, type Retention } from '../../src/signer/rpm/check-repomd.js';
import { type VerifiedBase, verifyBase } from '../../src/signer/rpm/verified-base.js';
import { mustRun } from '../clients/support/run.js';
import { SigningKey } from '../clients/support/signing-key.js';
import { filesOf, RpmWorkbench, type SignedRpm, type Snapshot } from './support/rpm-workbench.js';

const publication = 'rpm/core/2025/el9-x86_64';
const comps =
  '<?xml version="1.0" encoding="UTF-8"?>\n<comps><group><id>lts</id></group></comps>\n';

describe('The signer of an RPM repository', () => {
  let bench: RpmWorkbench;
  let acme1: SignedRpm;
  let acme2: SignedRpm;
  let minion: SignedRpm;
  let first: Snapshot;
  let next: Snapshot;

  beforeAll(async () => {
    bench = await RpmWorkbench.create();
    acme1 = await bench.signedSample({ name: 'acme' });
    acme2 = await bench.signedSample({ name: 'acme', version: '2.0', requires: 'bash >= 4' });
    minion = await bench.signedSample({ name: 'minion' });
    first = await bench.release({ packages: [acme1] });
    next = await bench.release({
      packages: [...filesOf(first).packages, acme2],
      base: first,
      sign: false,
    });
  }, 120_000);
  afterAll(() => bench.close());

  const serve = (folder: string) => (path: string) =>
    Promise.resolve(createReadStream(join(folder, path)));

  async function baseOf(
    snapshot: Snapshot,
    options: { publication?: string; publicKey?: string } = {},
  ): Promise<VerifiedBase> {
    return verifyBase({
      publication,
      repomd: await readFile(join(snapshot.folder, 'repodata/repomd.xml')),
      signature: await readFile(join(snapshot.folder, 'repodata/repomd.xml.asc'), 'utf8'),
      fetchFile: serve(snapshot.folder),
      publicKey: await readFile(bench.publicKeyFile, 'utf8'),
      ...options,
    });
  }

  interface Asked {
    base?: Snapshot | null;
    added?: SignedRpm[];
    removed?: string[];
    retention?: Retention;
    extras?: ReadonlyMap<ExtraType, string>;
    publication?: string;
    now?: Date;
    repomd?: Buffer;
    fetchFile?: (path: string) => Promise<Content>;
  }

  /** Checks what a server offers in this folder, by default as the promotion of acme 2.0 to the first release. */
  async function check(folder: string, asked: Asked = {}): Promise<void> {
    const { base = first, added = [acme2], removed = [], ...rest } = asked;
    await checkRepomd({
      publication,
      repomd: await readFile(join(folder, 'repodata/repomd.xml')),
      fetchFile: serve(folder),
      base: base === null ? undefined : await baseOf(base),
      added: added.map(({ source, entry }) => ({ file: source, path: entry.path })),
      removed,
      extras: new Map(),
      workFolder: await bench.newFolder(),
      ...rest,
    });
  }

  const reasonOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'signed',
      ({ name, message }: Error) => `${name}: ${message}`,
    );
  const refusal = (folder: string, asked?: Asked) => reasonOf(check(folder, asked));

  /** The release with one of its lists rewritten, everything else fitting again. */
  async function tampered(
    type: 'primary' | 'filelists' | 'other',
    edit: (xml: string) => string | Buffer,
    { of = next, pack = (xml: string | Buffer) => gzipSync(xml) } = {},
  ): Promise<string> {
    const folder = await bench.newFolder();
    await mustRun('cp', ['-a', join(of.folder, 'repodata'), folder]);
    const repodata = join(folder, 'repodata');
    const name = (await readdir(repodata)).find((it) => it.endsWith(`-${type}.xml.gz`))!;
    const before = gunzipSync(await readFile(join(repodata, name))).toString();
    const after = edit(before);
    expect(after).not.toBe(before);
    await rm(join(repodata, name));
    const content = join(folder, `${type}.xml`);
    await writeFile(content, after);
    const packed = join(folder, `${type}.xml.gz`);
    await writeFile(packed, pack(after));
    const [sha256, openSha256] = await Promise.all([packed, content].map(hashOf));
    await copyFile(packed, join(repodata, `${sha256}-${type}.xml.gz`));
    await editRepomd(folder, (xml) =>
      xml.replace(
        new RegExp(`(<data type="${type}">)[^]*?(?=<timestamp>)([^]*?)</data>`),
        `$1<checksum type="sha256">${sha256}</checksum><open-checksum type="sha256">${openSha256}</open-checksum>` +
          `<location href="repodata/${sha256}-${type}.xml.gz"/><timestamp>1</timestamp>` +
          `<size>${pack(after).length}</size><open-size>${Buffer.byteLength(after)}</open-size></data>`,
      ),
    );
    return folder;
  }

  async function editRepomd(folder: string, edit: (xml: string) => string): Promise<string> {
    const file = join(folder, 'repodata/repomd.xml');
    const before = await readFile(file, 'utf8');
    const after = edit(before);
    expect(after).not.toBe(before);
    await writeFile(file, after);
    return folder;
  }

  const withRepomd = async (edit: (xml: string) => string) => {
    const folder = await bench.newFolder();
    await mustRun('cp', ['-a', join(next.folder, 'repodata'), folder]);
    return editRepomd(folder, edit);
  };

  const hashOf = async (file: string) => (await mustRun('sha256sum', [file])).split(' ')[0]!;

  describe('signs', () => {
    it('the base and what it signed just now', async () => {
      await check(next.folder);
    });

    it('a first release', async () => {
      await check(first.folder, { base: null, added: [acme1] });
    });

    it('the base without what a withdrawal names', async () => {
      const both = await bench.release({ packages: [acme1, acme2] });
      const less = await bench.release({ packages: [acme1], base: both });
      await check(less.folder, { base: both, added: [], removed: [acme2.entry.path] });
      expect(await refusal(less.folder, { base: both, added: [] })).toContain(
        `does not list ${acme2.entry.path}`,
      );
    });

    it('the base without what its own retention drops, and neither more nor less of it', async () => {
      const keep = (versions: number, ...staged: string[]) => ({
        retention: { keep: versions, staged: new Set(staged) },
      });
      const alone = await bench.release({ packages: [acme2], base: first });
      await check(alone.folder, keep(1));
      await check(next.folder, keep(2));
      expect(await refusal(alone.folder, keep(2))).toMatch(/does not list .*acme-1/);
      expect(await refusal(next.folder, keep(1))).toMatch(/lists .*acme-1.* neither the base has/);
      // What is staged again is promoted now: it stays.
      const again = acme1.entry.path.split('/').at(-1)!;
      await check(next.folder, keep(1, again));
    });

    it('extras that it read from staging, and those of the base', async () => {
      const extra = await bench.extra('comps.xml', comps);
      const extras = new Map([['comps', extra.entry.sha256]] as const);
      const base = await bench.release({ packages: [acme1], extras: [extra] });
      await check(base.folder, { base: null, added: [acme1], extras });

      const { packages, extras: kept } = filesOf(base);
      const more = await bench.release({ packages: [...packages, acme2], extras: kept, base });
      await check(more.folder, { base });
      const lost = await bench.release({ packages: [...packages, acme2], base });
      expect(await refusal(lost.folder, { base })).toContain('its comps is neither');
    });

    it('what differs in white space and in when files were written', async () => {
      const folder = await tampered('primary', (xml) =>
        xml.replaceAll(/\n */g, '\n\t').replace(/time file="\d+"/, 'time file="1"'),
      );
      await check(folder);
    });
  });

  describe('does not sign', () => {
    it('an extra package', async () => {
      const more = await bench.release({ packages: [acme1, acme2, minion], base: first });
      expect(await refusal(more.folder)).toMatch(
        /^SigningRefused: .*lists Packages\/minion.*neither the base has nor this set/,
      );
    });

    it('one missing against the base', async () => {
      const less = await bench.release({ packages: [acme2] });
      expect(await refusal(less.folder)).toContain(`does not list ${acme1.entry.path}`);
    });

    it('one missing of this set', async () => {
      const less = await bench.release({ packages: [acme1], base: first });
      expect(await refusal(less.folder)).toContain(`does not list ${acme2.entry.path}`);
    });

    it('another file under the name of one that it signed', async () => {
      const file = join(await bench.newFolder(), basename(acme2.source));
      await copyFile(acme2.staged, file);
      await bench.key.signRpms([file], bench.key.subkeyFingerprint);
      const entry = { ...acme2.entry, sha256: await hashOf(file) };
      const packages = [acme1, { entry, source: file }];
      const other = await bench.release({ packages, base: first });
      expect(await refusal(other.folder)).toContain('with the SHA-256');
    });

    it.each<[string, 'primary' | 'filelists' | 'other', RegExp, string]>([
      ['what one provides', 'primary', /<rpm:entry name="acme"/, '<rpm:entry name="sshd"'],
      ['what one needs', 'primary', /name="bash"/, 'name="evil"'],
      ['what is needed before', 'primary', /name="bash"/, 'pre="1" name="bash"'],
      ['its summary', 'primary', /A sample/, 'An example'],
      ['where its header is', 'primary', /header-range start="\d/, 'header-range start="9'],
      ['its size', 'primary', /size package="\d/, 'size package="9'],
      ['its files', 'filelists', /share\/acme/, 'bin/acme'],
      ['a file more', 'filelists', /<file>/, '<file>/etc/shadow</file><file>'],
      ['its change log', 'other', /- made/, '- hacked'],
      ['an element more', 'primary', /<format>/, '<evil/><format>'],
      ['an attribute more', 'primary', /<time /, '<time evil="" '],
      ['a time that is none', 'primary', /time file="\d+"/, 'time file="-1"'],
      ['white space in a name', 'primary', /MIT/, ' MIT'],
    ])('another description: %s', async (_what, type, pattern, replacement) => {
      const folder = await tampered(type, (xml) => xml.replace(pattern, replacement));
      expect(await refusal(folder)).toMatch(
        new RegExp(`^SigningRefused: .*its ${type} describes Packages/acme-.*in another way`),
      );
    });

    it.each<[string, RegExp, string, string]>([
      ['another version', /ver="1.0"/, 'ver="9.0"', 'its lists do not agree on Packages/acme'],
      ['another name', /<name>acme/, '<name>glibc', 'its lists do not agree on Packages/acme'],
      ['another place', /href="Packages\//, 'href="SRPMS/', 'does not list Packages/acme'],
      ['another file', /YES">[0-9a-f]{4}/, 'YES">0000', 'do not agree on Packages/acme'],
    ])('a package that is %s', async (_what, pattern, replacement, reason) => {
      const folder = await tampered('primary', (xml) => xml.replace(pattern, replacement));
      expect(await refusal(folder)).toContain(reason);
    });

    it('a package at a place that leads elsewhere', async () => {
      for (const place of [
        '../core/x.rpm',
        '/etc/x.rpm',
        'http://evil/x.rpm',
        'Packages/a/b.rpm',
      ]) {
        const folder = await tampered('primary', (xml) =>
          xml.replace(/href="Packages\/[^"]*"/, `href="${place}"`),
        );
        expect(await refusal(folder)).toContain('a package is at');
      }
      const elsewhere = await tampered('primary', (xml) =>
        xml.replace('<location href', '<location xml:base="http://evil/" href'),
      );
      expect(await refusal(elsewhere)).toContain('a package is at');
    });

    it('a package described twice', async () => {
      const folder = await tampered('primary', (xml) =>
        xml
          .replace('packages="2"', 'packages="3"')
          .replace(/<package [^]*?<\/package>/, (element) => element + element),
      );
      expect(await refusal(folder)).toContain('lists one file twice');
    });

    it('the header of a package in place of repomd.xml', async () => {
      const repomd = (await readFile(minion.staged)).subarray(0, 4096);
      expect(await refusal(next.folder, { repomd })).toContain('repomd.xml is not as');
    });

    it('metadata of another publication', async () => {
      expect(await refusal(next.folder, { publication: 'rpm/core/2025/el8-x86_64' })).toContain(
        'it is for rpm/core/2025/el9-x86_64, and this is a promotion of rpm/core/2025/el8-x86_64',
      );
    });

    it('a date in the future, or before that of the base', async () => {
      const early = new Date(Date.now() - 2 * 60 * 60_000);
      expect(await refusal(next.folder, { now: early })).toContain('in the future');
      const packages = [...filesOf(first).packages, acme2];
      const older = await bench.release({ packages, base: first, now: early });
      expect(await refusal(older.folder)).toContain('older than that of the base');
    });

    it('extras that nobody staged', async () => {
      const extras = [await bench.extra('comps.xml', comps)];
      const packages = [...filesOf(first).packages, acme2];
      const more = await bench.release({ packages, extras, base: first });
      expect(await refusal(more.folder)).toContain('its comps is neither');
    });

    it('on a base that is older than the one it was built upon', async () => {
      await bench.key.signDetached(
        join(next.folder, 'repodata/repomd.xml'),
        join(next.folder, 'repodata/repomd.xml.asc'),
      );
      const packages = [...filesOf(next).packages, minion];
      const third = await bench.release({ packages, base: next, sign: false });
      await check(third.folder, { base: next, added: [minion] });
      expect(await refusal(third.folder, { base: first, added: [minion] })).toContain(
        `lists ${acme2.entry.path}, which neither`,
      );
    });

    it.each([
      ['a DOCTYPE', (xml: string) => xml.replace('\n', '\n<!DOCTYPE repomd>\n')],
      ['an entity', (xml: string) => xml.replace('<revision>', '<revision>&x;')],
      ['a comment', (xml: string) => xml.replace('<revision>', '<!-- --><revision>')],
      ['an instruction', (xml: string) => xml.replace('<revision>', '<?x y?><revision>')],
      ['CDATA', (xml: string) => xml.replace(/<revision>(\d+)/, '<revision><![CDATA[$1]]>')],
      ['an unknown element', (xml: string) => xml.replace('</repomd>', '<x/></repomd>')],
      ['an unknown kind', (xml: string) => xml.replace('type="other"', 'type="other_db"')],
      ['two lists of a kind', (xml: string) => xml.replace('type="other"', 'type="primary"')],
      ['another base', (xml: string) => xml.replace('<location', '<location xml:base="http://x/"')],
      ['another root', (xml: string) => xml.replaceAll('repomd', 'repomdx')],
      ['something after it', (xml: string) => `${xml}\n<x/>`],
      ['text after it', (xml: string) => `${xml}\nx`],
      ['something before it', (xml: string) => ` ${xml}`],
      ['another encoding', (xml: string) => xml.replace('UTF-8', 'UTF-7')],
      ['a byte order mark', (xml: string) => `\uFEFF${xml}`],
      ['a path out of it', (xml: string) => xml.replace('href="repodata/', 'href="../repodata/')],
      ['a weak checksum', (xml: string) => xml.replace('type="sha256"', 'type="md5"')],
    ])('a repomd.xml with %s', async (_what, edit) => {
      expect(await refusal(await withRepomd(edit))).toMatch(/^SigningRefused: .*repomd.xml/);
    });

    it('a list that unpacks without end', async () => {
      const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
      const folder = await tampered('primary', (xml) => `${xml}\n`, { pack: () => bomb });
      expect(await refusal(folder)).toContain('what is packed in');
    });

    it('a list with something behind what is packed', async () => {
      const pack = (xml: string | Buffer) => Buffer.concat([gzipSync(xml), Buffer.alloc(8)]);
      const folder = await tampered('primary', (xml) => `${xml}\n`, { pack });
      expect(await refusal(folder)).toContain('holds more than its compressed content');
    });

    it('a file that is not the one that is named', async () => {
      const [name] = await readdir(join(next.folder, 'repodata'));
      expect(name).toMatch(/gz$/);
      const changing = (path: string) =>
        Promise.resolve(path.endsWith(name!) ? Buffer.from('other') : serve(next.folder)(path));
      expect(await refusal(next.folder, { fetchFile: changing })).toContain(
        'has 5 bytes and should have',
      );
    });
  });

  describe('takes as a base', () => {
    it('what bears its own earlier signature, and says which that is', async () => {
      const base = await baseOf(first);
      expect(base.digest).toBe(await hashOf(join(first.folder, 'repodata/repomd.xml')));
      expect(base.date.toISOString()).toBe(first.document.created_at.replace(/\.\d+Z$/, '.000Z'));
      expect([...base.packages.keys()]).toEqual([acme1.entry.path]);
      expect(base.packages.get(acme1.entry.path)).toMatchObject({
        name: 'acme',
        version: '1.0-1',
        architecture: 'x86_64',
        sha256: acme1.entry.sha256,
      });
    });

    it('not a signed release of another publication', async () => {
      expect(
        await reasonOf(baseOf(first, { publication: 'rpm/minion/2025/el9-x86_64' })),
      ).toContain('It is a release of rpm/core/2025/el9-x86_64');
    });

    it('not what another key has signed', async () => {
      const other = await SigningKey.create(join(bench.folder, 'other'));
      const publicKey = await other.publicKey();
      await other.close();
      expect(await reasonOf(baseOf(first, { publicKey }))).toMatch(
        /^SigningRefused: .*should be by/,
      );
    }, 60_000);

    it('not one whose lists were changed', async () => {
      const folder = await tampered('filelists', (xml) => xml.replace('/usr', '/opt'), {
        of: first,
      });
      await copyFile(
        join(first.folder, 'repodata/repomd.xml'),
        join(folder, 'repodata/repomd.xml'),
      );
      const served = await baseOf({ ...first, folder }).catch((error: Error) => error);
      expect(served).toMatchObject({ code: 'ENOENT' });
    });
  });
});
