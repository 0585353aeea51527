import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { makePrivateFolder, placeInMemory } from './private-folder.js';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'packyard-private-'));
});
afterEach(() => rm(parent, { recursive: true }));

it('is for its owner alone, and gone afterwards', async () => {
  const folder = await makePrivateFolder(parent);
  expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
  await folder.remove();
  expect(await readdir(parent)).toEqual([]);
});

it('takes with it what processes left that are no more, and leaves those that run and what is not one', async () => {
  const child = spawn('true');
  await once(child, 'close');
  const dead = `packyard-signer-${child.pid}-12345-abcdef`;
  // The same process id, given to another process since.
  const reused = `packyard-signer-${process.pid}-1-abcdef`;
  const kept = [`packyard-signer-x`, 'other'];
  for (const name of [dead, reused, ...kept]) await mkdir(join(parent, name));
  const link = `packyard-signer-${child.pid}-12345-link`;
  await symlink('/tmp', join(parent, link));

  const abandoned: string[] = [];
  const abandon = (path: string) => Promise.resolve(void abandoned.push(basename(path)));
  const first = await makePrivateFolder(parent);
  const second = await makePrivateFolder(parent, abandon);
  expect(abandoned).toEqual([]); // the first one has removed them
  const names = await readdir(parent);
  expect(names.sort()).toEqual([...kept, link, basename(first.path), basename(second.path)].sort());
  await mkdir(join(parent, dead));
  await (await makePrivateFolder(parent, abandon)).remove();
  expect(abandoned).toEqual([dead]);
  await Promise.all([first.remove(), second.remove()]);
});

it('is on no disk where it has to be', async () => {
  await expect(placeInMemory(['/nowhere', '/'])).rejects.toThrow('is a tmpfs here');
});
