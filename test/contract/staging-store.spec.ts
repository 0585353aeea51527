import { execFileSync } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { FolderObjectStore } from '../../src/staging/folder-object-store.js';
import { type StagedFile, StagingStore } from '../../src/staging/staging-store.js';
import { keepsStagedFiles, sha256, type StagingArea } from './staging-store.contract.js';

const FOLDER = 'core/2025/rpm/el9-x86_64';
const EL9 = { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' } as const;

describe('staging in a folder', () => {
  let parent: string;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'packyard-staging-'));
  });
  afterAll(() => rm(parent, { recursive: true }));

  const freshFolder = () => mkdtemp(join(parent, 'area-'));
  const areaOf = (folder: string): StagingArea => ({
    objects: new FolderObjectStore(folder),
    // As `stage-artifact.sh` does: a file is there whole or not at all.
    async put(path, content) {
      const file = join(folder, path);
      const part = join(folder, '.incoming', String(Math.random()));
      await mkdir(dirname(file), { recursive: true });
      await mkdir(dirname(part), { recursive: true });
      await writeFile(part, content);
      await rename(part, file);
    },
    remove: (path) => rm(join(folder, path)),
    async all() {
      const files = new Map<string, string>();
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        const file = join(entry.parentPath, entry.name);
        if (entry.isFile()) files.set(relative(folder, file), await readFile(file, 'utf8'));
      }
      return files;
    },
  });

  keepsStagedFiles(async () => areaOf(await freshFolder()));

  const listOf = async (folder: string) => {
    const files: StagedFile[] = [];
    for await (const file of new StagingStore(new FolderObjectStore(folder)).list())
      files.push(file);
    return files;
  };

  it('does not follow links out of it, nor open what is no file', async () => {
    const folder = await freshFolder();
    const outside = await freshFolder();
    const area = areaOf(folder);
    await areaOf(outside).put(`${FOLDER}/secret.rpm`, 'secret');
    await areaOf(outside).put(`${FOLDER}/secret.rpm.sha256`, sha256('secret'));
    await area.put(`${FOLDER}/a.rpm`, 'a');
    await symlink(join(outside, FOLDER, 'secret.rpm'), join(folder, FOLDER, 'link.rpm'));
    await area.put(`${FOLDER}/link.rpm.sha256`, sha256('secret'));
    await symlink(join(outside, 'core'), join(folder, 'linked'));
    execFileSync('mkfifo', [join(folder, FOLDER, 'pipe.rpm')]);

    expect(await listOf(folder)).toMatchObject([
      { path: `${FOLDER}/a.rpm`, state: 'incomplete' },
      { path: `${FOLDER}/link.rpm`, state: 'refused', problem: expect.stringContaining('link') },
      { path: `${FOLDER}/pipe.rpm`, state: 'refused', problem: expect.stringContaining('regular') },
      { path: 'linked', state: 'refused', problem: expect.stringContaining('link') },
    ]);
    const store = new StagingStore(area.objects);
    const gone = { code: 'STAGED_FILE_CHANGED' };
    await expect(store.open(EL9, 'link.rpm')).rejects.toMatchObject(gone);
    await expect(store.open(EL9, 'pipe.rpm')).rejects.toMatchObject(gone);
    await expect(store.open({ ...EL9, component: 'linked' }, 'secret.rpm')).rejects.toMatchObject(
      gone,
    );
    const files = [{ name: 'link.rpm', sha256: sha256('secret') }];
    expect(await store.moveToPromoted(EL9, files, 'p1')).toMatchObject({ missing: ['link.rpm'] });
  });

  it('may be reached by a link itself', async () => {
    const folder = await freshFolder();
    const link = `${folder}-link`;
    await symlink(folder, link);
    await areaOf(link).put(`${FOLDER}/a.rpm`, 'a');
    await areaOf(link).put(`${FOLDER}/a.rpm.sha256`, sha256('a'));
    expect(await listOf(link)).toMatchObject([{ state: 'complete' }]);
    const store = new StagingStore(new FolderObjectStore(link));
    const files = [{ name: 'a.rpm', sha256: sha256('a') }];
    expect(await store.moveToPromoted(EL9, files, 'p1')).toMatchObject({ moved: ['a.rpm'] });
  });

  it('refuses a name that is not UTF-8', async () => {
    const folder = await freshFolder();
    await areaOf(folder).put(`${FOLDER}/a.rpm`, 'a');
    const name = Buffer.concat([Buffer.from(join(folder, FOLDER, 'b')), Buffer.from([0xff])]);
    await writeFile(name, 'x');
    expect(await listOf(folder)).toMatchObject([
      { state: 'incomplete' },
      { state: 'refused', problem: expect.stringContaining('UTF-8') },
    ]);
  });

  it('says so when the folder is not there, and makes it', async () => {
    const folder = join(await freshFolder(), 'below', 'staging');
    const store = new StagingStore(new FolderObjectStore(folder));
    for (const attempt of [store.check(), listOf(folder)]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'STAGING_UNAVAILABLE',
        message: expect.stringMatching(/STAGING_URL.*ENOENT/),
      });
    }
    await store.prepare();
    await store.check();
    expect((await stat(folder)).isDirectory()).toBe(true);
  });

  it('says so when the folder is a file', async () => {
    const file = join(await freshFolder(), 'file');
    await writeFile(file, '');
    const store = new StagingStore(new FolderObjectStore(file));
    await expect(store.prepare()).rejects.toMatchObject({ code: 'STAGING_UNAVAILABLE' });
    await expect(store.check()).rejects.toMatchObject({ code: 'STAGING_UNAVAILABLE' });
  });
});
