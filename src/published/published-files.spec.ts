import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Component } from '../components/catalogue.js';
import { PublishedFiles } from './published-files.js';

const CORE: Component = {
  name: 'core',
  description: '',
  visibility: 'private',
  series: ['2024', '2025'],
  rpm: { targets: ['el9-x86_64'] },
  deb: { distributions: ['bookworm', 'noble'], architectures: ['amd64'] },
};
const REPOMD = '<repomd><revision>7</revision><timestamp>1763900000</timestamp></repomd>\n';
const RELEASE = 'Date: Sun, 23 Nov 2025 12:13:20 UTC\n';
const MADE = new Date('2025-11-23T12:13:20Z');
const EMPTY = { state: 'empty', problem: null, signed: false, publishedAt: null };

let folder: string;
let root: string;
let files: PublishedFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-published-'));
  root = join(folder, 'published');
  await mkdir(root);
  files = new PublishedFiles(root);
});
afterEach(() => rm(folder, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}
const rpm2025 = async () => (await files.rpm(CORE))[1];
const bookworm2025 = async () => (await files.deb(CORE))[2];

describe('an empty tree', () => {
  it('has nothing at each place where something can be', async () => {
    expect(await files.rpm(CORE)).toEqual([
      { series: '2024', target: 'el9-x86_64', revision: null, ...EMPTY },
      { series: '2025', target: 'el9-x86_64', revision: null, ...EMPTY },
    ]);
    expect(await files.deb(CORE)).toEqual([
      { series: '2024', distribution: 'bookworm', ...EMPTY },
      { series: '2024', distribution: 'noble', ...EMPTY },
      { series: '2025', distribution: 'bookworm', ...EMPTY },
      { series: '2025', distribution: 'noble', ...EMPTY },
    ]);
  });

  it('is one that is not there, too', async () => {
    await rm(root, { recursive: true });
    expect(await rpm2025()).toMatchObject(EMPTY);
    await expect(files.space()).rejects.toThrow('ENOENT');
  });
});

describe('an RPM repository', () => {
  const PLACE = 'published/rpm/core/2025/el9-x86_64';

  it('is found, signed or not', async () => {
    await write(`${PLACE}/repodata/repomd.xml`, REPOMD);
    const found = { state: 'published', revision: '7', publishedAt: MADE, problem: null };
    expect(await rpm2025()).toMatchObject({ ...found, signed: false });
    await write(`${PLACE}/repodata/repomd.xml.asc`, 'signature');
    expect(await rpm2025()).toMatchObject({ ...found, signed: true });
  });

  it('is found behind a link to a snapshot of the tree', async () => {
    await write('published/.snapshots/1/repodata/repomd.xml', REPOMD);
    await mkdir(dirname(join(folder, PLACE)), { recursive: true });
    await symlink('../../../.snapshots/1', join(folder, PLACE));
    expect(await rpm2025()).toMatchObject({ state: 'published' });
  });

  it.each([
    ['/nowhere/at/all', 'is a link that leads nowhere'],
    ['../../../../elsewhere', 'leads out of the published tree'],
  ])('is none behind a link to %s', async (target, problem) => {
    await write('elsewhere/repodata/repomd.xml', REPOMD);
    await mkdir(dirname(join(folder, PLACE)), { recursive: true });
    await symlink(target, join(folder, PLACE));
    expect(await rpm2025()).toMatchObject({
      state: 'unreadable',
      problem: `rpm/core/2025/el9-x86_64 ${problem}`,
    });
  });

  it('is none when its repomd.xml is something else', async () => {
    await write(`${PLACE}/repodata/repomd.xml`, '<html>');
    expect(await rpm2025()).toMatchObject({
      state: 'unreadable',
      problem: 'rpm/core/2025/el9-x86_64 has a repomd.xml that is none',
    });
  });

  it('is not waited for when its repomd.xml is a FIFO', async () => {
    await mkdir(join(folder, PLACE, 'repodata'), { recursive: true });
    execFileSync('mkfifo', [join(folder, PLACE, 'repodata/repomd.xml')]);
    expect(await rpm2025()).toMatchObject({
      state: 'unreadable',
      problem: 'rpm/core/2025/el9-x86_64 has a repomd.xml that is no file',
    });
  });
});

describe('a DEB repository', () => {
  const DIST = 'published/deb/core/2025/dists/bookworm';

  it.each([
    [
      'InRelease that is signed',
      { InRelease: `-----BEGIN PGP SIGNED MESSAGE-----\n\n${RELEASE}` },
      true,
    ],
    ['InRelease that is not', { InRelease: RELEASE }, false],
    ['Release and its signature', { Release: RELEASE, 'Release.gpg': 'signature' }, true],
    ['Release alone', { Release: RELEASE }, false],
  ])('is found by its %s', async (_, content, signed) => {
    for (const [name, text] of Object.entries(content)) await write(`${DIST}/${name}`, text);
    expect(await bookworm2025()).toEqual({
      series: '2025',
      distribution: 'bookworm',
      state: 'published',
      problem: null,
      signed,
      publishedAt: MADE,
    });
  });

  it('is none for a distribution that it lacks', async () => {
    await write(`${DIST}/Release`, RELEASE);
    expect((await files.deb(CORE))[3]).toMatchObject({ distribution: 'noble', ...EMPTY });
  });
});

it('knows how much room there is', async () => {
  const { free, total } = await files.space();
  expect(total).toBeGreaterThan(0);
  expect(free).toBeLessThanOrEqual(total);
});
