import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DebBuilder } from '../../src/promotion/deb/deb-builder.js';
import { fileHashes } from '../../src/promotion/deb/file-hashes.js';
import { requireTools } from '../clients/support/required-tools.js';
import { publication } from './support/deb-publication.js';
import { buildDeb, type SampleDeb } from './support/debs.js';

describe('what a staged DEB is', () => {
  let folder: string;
  let builder: DebBuilder;
  let good: string;

  beforeAll(async () => {
    requireTools();
    folder = await mkdtemp(join(tmpdir(), 'packyard-deb-'));
    builder = new DebBuilder(join(folder, 'cache'));
    good = await buildDeb(folder, { name: 'acme', version: '2:1.0-1', architecture: 'amd64' });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const inspect = (file: string, target = 'bookworm-amd64') =>
    builder.inspect(file, { ...publication, target });
  const sample = (more: Partial<SampleDeb>) =>
    buildDeb(folder, { name: 'acme', version: '1.0', architecture: 'amd64', ...more });
  async function copyAs(name: string): Promise<string> {
    const file = join(await mkdtemp(join(folder, 'copy-')), name);
    await copyFile(good, file);
    return file;
  }

  it('is read from it', async () => {
    const { sha256 } = await fileHashes(good, ['sha256']);
    expect(await inspect(good)).toEqual({
      kind: 'package',
      name: 'acme',
      version: '2:1.0-1',
      architecture: 'amd64',
      identity: sha256,
      path: 'pool/bookworm/main/a/acme/acme_1.0-1_amd64.deb',
    });
  });

  it('may have its epoch in its name, as apt writes it', async () => {
    const file = await copyAs('acme_2%3a1.0-1_amd64.deb');
    expect(await inspect(file)).toMatchObject({ version: '2:1.0-1' });
  });

  it('goes into the folder of its source package', async () => {
    const file = await sample({ name: 'libacme-doc', control: 'Source: libacme (3.0)\n' });
    expect(await inspect(file)).toMatchObject({
      path: 'pool/bookworm/main/liba/libacme/libacme-doc_1.0_amd64.deb',
    });
  });

  it('may be a package of debug symbols', async () => {
    const file = await sample({ name: 'acme-dbgsym', fileName: 'acme-dbgsym_1.0_amd64.ddeb' });
    expect(await inspect(file)).toMatchObject({ name: 'acme-dbgsym' });
  });

  it('may be for all architectures, where those are staged', async () => {
    const file = await sample({ architecture: 'all' });
    expect(await inspect(file, 'bookworm-all')).toMatchObject({ architecture: 'all' });
  });

  describe('is refused when', () => {
    const refusals: [string, () => Promise<string>, string][] = [
      [
        'its name is of another version',
        () => copyAs('acme_1.1-1_amd64.deb'),
        'stage it as acme_1.0-1_amd64.deb or acme_2%3a1.0-1_amd64.deb',
      ],
      [
        'its name is of another package',
        () => copyAs('acme2_1.0-1_amd64.deb'),
        'it is acme 2:1.0-1 for amd64',
      ],
      [
        'it is for another architecture',
        () => sample({ architecture: 'arm64' }),
        'stage it under bookworm-arm64',
      ],
      [
        'it is for all architectures',
        () => sample({ architecture: 'all' }),
        'it would enter every architecture of bookworm and not bookworm-amd64 alone: stage it under bookworm-all',
      ],
      ['its source has capitals', () => sample({ control: 'Source: Acme\n' }), 'its Source "Acme"'],
      ['aptly could not place it', () => sample({ control: 'Source: lib\n' }), 'its Source "lib"'],
      [
        'its source leads elsewhere',
        () => sample({ control: 'Source: ../../dists\n' }),
        'its Source "../../dists"',
      ],
      [
        'it says what the index says',
        () => sample({ control: 'Filename: pool/x\n' }),
        'field filename',
      ],
      ['it is a source package', () => copyAs('acme_1.0.dsc'), 'source packages are not published'],
      ['it is for the installer', () => copyAs('acme_1.0-1_amd64.udeb'), '.deb or .ddeb'],
      [
        'it is empty',
        async () => {
          const file = await copyAs('acme_1.0-1_amd64.deb');
          await writeFile(file, '');
          return file;
        },
        'it is no Debian package',
      ],
      [
        'it is cut off',
        async () => {
          const file = await copyAs('acme_1.0-1_amd64.deb');
          await truncate(file, (await readFile(file)).length - 10);
          return file;
        },
        'ends in the middle of data.tar',
      ],
      [
        'it is longer than it says',
        async () => {
          const file = await copyAs('acme_1.0-1_amd64.deb');
          await writeFile(file, 'more', { flag: 'a' });
          return file;
        },
        'damaged at byte',
      ],
      [
        'its control is damaged',
        async () => {
          const file = await copyAs('acme_1.0-1_amd64.deb');
          const bytes = await readFile(file);
          bytes.fill(0, 140, 180);
          await writeFile(file, bytes);
          return file;
        },
        'its control cannot be read',
      ],
      [
        'it is an archive of something else',
        async () => {
          const file = await copyAs('acme_1.0-1_amd64.deb');
          await writeFile(
            file,
            `!<arch>\ndebian-binary   ${'0'.padEnd(12)}0     0     100644  4         \`\n2.0\n`,
          );
          return file;
        },
        'in place of debian-binary, control.tar and data.tar',
      ],
    ];
    it.each(refusals)('%s', async (_, make, words) => {
      const file = await make();
      await expect(inspect(file)).rejects.toMatchObject({
        code: 'PACKAGE_REFUSED',
        message: expect.stringContaining(words),
        details: { file: basename(file) },
      });
    });
  });
});
