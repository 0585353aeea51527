import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderObjectStore } from '../staging/folder-object-store.js';
import { StagingStore } from '../staging/staging-store.js';
import { StagedFiles } from './staged-files.js';

const destination = {
  component: 'core',
  series: '2025',
  format: 'rpm',
  target: 'el9-x86_64',
} as const;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-staged-'));
  await mkdir(join(folder, 'staging/core/2025/rpm/el9-x86_64'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

async function stage(name: string, content: string, checksum: string | null = sha256(content)) {
  const file = join(folder, 'staging/core/2025/rpm/el9-x86_64', name);
  await writeFile(file, content);
  if (checksum !== null) await writeFile(`${file}.sha256`, checksum);
}

function stagedFiles(expected?: Map<string, string>) {
  const store = new StagingStore(new FolderObjectStore(join(folder, 'staging')));
  return new StagedFiles(store, destination, join(folder, 'copies'), expected);
}

it('are read from staging, each checked against its checksum', async () => {
  await stage('a.rpm', 'one');
  await stage('unfinished.rpm', 'two', null);
  const [a, ...others] = await stagedFiles().fetch();
  expect(others).toEqual([]);
  expect(a).toMatchObject({ name: 'a.rpm', sha256: sha256('one') });
  expect(await readFile(a!.file, 'utf8')).toBe('one');

  await stage('b.rpm', 'two', sha256('another'));
  await expect(stagedFiles().fetch()).rejects.toMatchObject({ code: 'STAGED_FILE_CHANGED' });
});

it('that came later may be promoted, and those from before have to be', async () => {
  await stage('a.rpm', 'one');
  const staged = stagedFiles();
  await staged.fetch();
  staged.require();
  await stage('b.rpm', 'two');
  expect(await staged.find('c.rpm')).toBeUndefined();
  expect(await staged.find('b.rpm')).toMatchObject({ sha256: sha256('two') });
  expect(staged.required.map(({ name }) => name)).toEqual(['a.rpm']);
});

it('are fetched once for all that ask at once', async () => {
  const names = ['a.rpm', 'b.rpm', 'c.rpm', 'd.rpm'];
  for (const name of names) await stage(name, name);
  const staged = stagedFiles();
  const found = await Promise.all(names.map((name) => staged.find(name)));
  expect(found.map((file) => file?.sha256)).toEqual(names.map(sha256));
});

it('are asked for again after staging could not be read', async () => {
  await stage('a.rpm', 'one', sha256('another'));
  const staged = stagedFiles();
  await expect(staged.find('a.rpm')).rejects.toMatchObject({ code: 'STAGED_FILE_CHANGED' });
  await stage('a.rpm', 'one');
  expect(await staged.find('a.rpm')).toMatchObject({ sha256: sha256('one') });
});

it('stay what they were when one is staged anew', async () => {
  await stage('a.rpm', 'one');
  const staged = stagedFiles();
  await staged.fetch();
  await stage('a.rpm', 'two');
  await staged.fetch();
  expect(await staged.find('a.rpm')).toMatchObject({ sha256: sha256('one') });
});

it('are refused where the build did not make them, before any of them is read', async () => {
  await stage('a.rpm', 'one');
  await stage('b.rpm', 'two');
  const some = stagedFiles(new Map([['a.rpm', sha256('one')]]));
  await expect(some.fetch()).rejects.toThrow('b.rpm, which --expect does not list');
  const other = stagedFiles(
    new Map([
      ['a.rpm', sha256('x')],
      ['b.rpm', sha256('two')],
    ]),
  );
  await expect(other.fetch()).rejects.toThrow('it is not what the build made');
  const more = stagedFiles(
    new Map([
      ['a.rpm', sha256('one')],
      ['b.rpm', sha256('two')],
      ['c.rpm', ''],
    ]),
  );
  expect(await more.fetch()).toHaveLength(2);
});

it('are refused where staging holds what nobody can promote', async () => {
  await stage('.hidden', 'one');
  await expect(stagedFiles().fetch()).rejects.toThrow('its name begins with a dot');
});
