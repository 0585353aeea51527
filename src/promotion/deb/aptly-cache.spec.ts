import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AptlyCache } from './aptly-cache.js';

describe('AptlyCache', () => {
  const content = { bookworm: { acme_1_all: 'hash path' } };
  const publication = 'deb/core/2025';
  let folder: string;
  let cache: AptlyCache;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packyard-cache-'));
    cache = new AptlyCache(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A database as a build leaves it that ended well. */
  async function build() {
    const database = await cache.create(publication);
    await writeFile(join(database.folder, 'CURRENT'), '');
    await cache.close(publication, content);
  }

  it('starts with nothing', async () => {
    const database = await cache.open(publication);
    expect(database.content).toEqual({});
    expect(await readdir(database.folder)).toEqual([]);
  });

  it('knows what was built last', async () => {
    await build();
    const database = await cache.open(publication);
    expect(database.content).toEqual(content);
    expect(await readdir(database.folder)).toEqual(['CURRENT']);
  });

  it('starts anew after a build that did not end', async () => {
    await build();
    await cache.open(publication);
    const database = await cache.open(publication);
    expect(database.content).toEqual({});
    expect(await readdir(database.folder)).toEqual([]);
  });

  it('starts anew where the note is damaged', async () => {
    await build();
    await writeFile(join(folder, publication, 'content.json'), '{"bookworm":');
    expect((await cache.open(publication)).content).toEqual({});
  });

  it('has a database for each publication', async () => {
    await build();
    expect((await cache.open('deb/core/2024')).content).toEqual({});
    expect((await cache.open(publication)).content).toEqual(content);
  });
});
