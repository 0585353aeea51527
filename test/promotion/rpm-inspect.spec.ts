import {
  copyFile,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { RpmBuilder } from '../../src/promotion/rpm/rpm-builder.js';
import { buildSampleRpm, type SampleRpm } from './support/sample-rpm.js';
import { destination } from './support/rpm-workbench.js';

describe('RpmBuilder.inspect', () => {
  let folder: string;
  let builder: RpmBuilder;
  let sample: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packyard-inspect-'));
    builder = new RpmBuilder(join(folder, 'work'));
    await builder.requireTools();
    sample = await build({ name: 'acme', version: '2.0' });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const build = (rpm: SampleRpm) => buildSampleRpm(folder, rpm);
  const inspect = (file: string, target = destination.target) =>
    builder.inspect(file, { ...destination, target });
  const refusal = (file: string, target?: string) =>
    inspect(file, target).then(
      () => 'accepted',
      ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
    );

  /** A staged file of this name and content. */
  async function stage(name: string, content: string | Buffer): Promise<string> {
    const file = join(await mkdtemp(join(folder, 'staged-')), name);
    await writeFile(file, content);
    return file;
  }

  it('refuses one that is larger than anybody downloads', async () => {
    const file = await stage('acme-2.0-1.x86_64.rpm', '');
    await truncate(file, 4 * 1024 ** 3 + 1); // takes no space
    expect(await refusal(file)).toContain(
      'PACKAGE_REFUSED: acme-2.0-1.x86_64.rpm cannot be published: it is larger than 4 GiB',
    );
  });

  it('reads a package from its header', async () => {
    expect(await inspect(sample)).toEqual({
      kind: 'package',
      name: 'acme',
      version: '2.0-1',
      architecture: 'x86_64',
      identity: expect.stringMatching(/^[0-9a-f]{64}$/),
      path: 'Packages/acme-2.0-1.x86_64.rpm',
    });
  });

  it('writes an epoch only where it counts', async () => {
    const epochs = [0, 3].map((epoch) => build({ name: `epoch${epoch}`, epoch }));
    const read = await Promise.all((await Promise.all(epochs)).map((file) => inspect(file)));
    expect(read).toMatchObject([{ version: '1.0-1' }, { version: '3:1.0-1' }]);
  });

  it('takes the characters that versions may have', async () => {
    const file = await build({ name: 'acme-libs', version: '1.0~rc1+git5^3' });
    expect(await inspect(file)).toMatchObject({
      version: '1.0~rc1+git5^3-1',
      path: 'Packages/acme-libs-1.0~rc1+git5^3-1.x86_64.rpm',
    });
  });

  it('takes noarch and source packages under every target', async () => {
    const noarch = await build({ name: 'acme-doc', architecture: 'noarch' });
    const src = await build({ name: 'acme', kind: 'src' });
    const nosrc = await build({ name: 'acme', kind: 'nosrc' });
    expect(await inspect(noarch, 'el8-aarch64')).toMatchObject({ architecture: 'noarch' });
    expect(await inspect(src, 'el8-aarch64')).toMatchObject({
      architecture: 'src',
      path: 'SRPMS/acme-1.0-1.src.rpm',
    });
    expect(await inspect(nosrc)).toMatchObject({
      architecture: 'src',
      path: 'SRPMS/acme-1.0-1.nosrc.rpm',
    });
  });

  it('refuses a package of another architecture', async () => {
    expect(await refusal(sample, 'el9-aarch64')).toMatch(
      /^PACKAGE_REFUSED: .*it is for x86_64, and el9-aarch64 takes aarch64/,
    );
  });

  it('does not believe a file name', async () => {
    const renamed = await stage('acme-3.0-1.x86_64.rpm', await readFile(sample));
    expect(await refusal(renamed)).toContain('by its header it is acme-2.0-1.x86_64.rpm');
    expect(await refusal(await stage('acme -2.rpm', await readFile(sample)))).toContain(
      'characters that no RPM',
    );
  });

  it('refuses one whose payload was changed', async () => {
    const changed = await stage(basename(sample), await readFile(sample));
    const handle = await open(changed, 'r+');
    const { size } = await handle.stat();
    await handle.write(Buffer.from('????'), 0, 4, size - 20);
    await handle.close();
    expect(await refusal(changed)).toContain('it is damaged');
  });

  it('refuses one that was cut off', async () => {
    const whole = await readFile(sample);
    expect(await refusal(await stage(basename(sample), whole.subarray(0, 3000)))).toContain(
      'rpm cannot read it',
    );
    expect(await refusal(await stage(basename(sample), whole.subarray(0, -10)))).toContain(
      'it is damaged',
    );
  });

  it('opens no file that a false RPM names', async () => {
    const copy = join(folder, 'other.rpm');
    await copyFile(sample, copy);
    expect(await refusal(await stage('acme-2.0-1.x86_64.rpm', `${copy}\n`))).toContain(
      'it is no RPM',
    );
  });

  it('refuses a DEB, a text and an unknown extra', async () => {
    for (const name of ['acme_2.0_amd64.deb', 'README', 'comps.xml.xz', 'prestodelta.xml']) {
      expect(await refusal(await stage(name, 'something'))).toContain('PACKAGE_REFUSED');
    }
  });

  describe('of extras', () => {
    const comps =
      '<?xml version="1.0"?>\n<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" "comps.dtd">\n' +
      '<comps><group><id>g</id></group></comps>';
    const updateinfo = '<?xml version="1.0"?><updates/>';
    const bomb = gzipSync(Buffer.alloc(257 * 1024 * 1024));
    const modules = '---\ndocument: modulemd-defaults\nversion: 1\n...\n';

    it('reads them, and the hash of what was packed', async () => {
      const plain = await inspect(await stage('updateinfo.xml', updateinfo));
      const packed = await inspect(await stage('updateinfo.xml.gz', gzipSync(updateinfo)));
      expect(plain).toMatchObject({ kind: 'extra', type: 'updateinfo', size: 31 });
      expect(packed).toMatchObject({
        path: 'extras/updateinfo.xml.gz',
        sha256: (plain as { sha256: string }).sha256,
      });
      expect(await inspect(await stage('comps.xml', comps))).toMatchObject({ type: 'comps' });
      expect(await inspect(await stage('modules.yaml', modules))).toMatchObject({
        type: 'modules',
      });
    });

    it.each([
      ['comps.xml', 'its root is <updates>', updateinfo],
      ['comps.xml', 'unclosed tag', '<comps>'],
      ['comps.xml', 'not well-formed XML in UTF-8', Buffer.from([0x3c, 0xff])],
      ['comps.xml', 'DOCTYPE holds', '<!DOCTYPE c [<!ENTITY e "x">]><comps/>'],
      ['updateinfo.xml', 'its root is <comps>', comps],
      ['updateinfo.xml.gz', 'incorrect header', 'plain'],
      ['updateinfo.xml.gz', 'cannot be unpacked to 256 MiB', bomb],
      ['modules.yaml', 'not YAML', 'document: ['],
      ['modules.yaml', 'document: modulemd', 'name: value'],
      ['modules.yaml', 'no document', ''],
    ])('refuses %s: %s', async (name, reason, content) => {
      expect(await refusal(await stage(name, content))).toContain(reason);
    });
  });

  it('leaves nothing behind', async () => {
    await rm(join(folder, 'work'), { recursive: true });
    await inspect(sample);
    expect(await readdir(join(folder, 'work'))).toEqual([]);
  });
});
