import { mkdir, mkdtemp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../src/common/clock.js';
import { SnapshotTree } from '../../src/promotion/tree/snapshot-tree.js';
import { mustRun } from '../clients/support/run.js';
import { buildTree, EL9, releaseDocument, releaseId } from '../support/releases.js';

const [R1, R2] = [releaseId(1), releaseId(2)];

/** On small filesystems of their own, which only root may mount. */
describe('the published tree', () => {
  let home: string;
  const mounts: string[] = [];

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'packyard-promotion-'));
  });
  afterEach(async () => {
    for (const mount of mounts.splice(0).reverse()) await mustRun('umount', [mount]);
    await rm(home, { recursive: true, force: true });
  });

  async function mountAt(path: string): Promise<string> {
    await mkdir(path, { recursive: true });
    await mustRun('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]);
    mounts.push(path);
    return path;
  }

  /** A tree with one release live and another one built, which carries a file. */
  async function aTree(): Promise<{ tree: SnapshotTree; root: string }> {
    const root = await mountAt(join(home, 'published'));
    const tree = new SnapshotTree(root, new SystemClock());
    await buildTree(tree.newTree(R1), { 'a/a.rpm': 'a', 'repomd.xml': 'one' });
    await tree.seal(R1, releaseDocument(R1, undefined));
    await tree.switch(EL9, R1, undefined);
    await tree.removeWork(R1);
    await buildTree(tree.newTree(R2), { 'b/b.rpm': 'b', 'repomd.xml': 'two' });
    return { tree, root };
  }

  async function promote(tree: SnapshotTree): Promise<unknown> {
    const carryFrom = { releaseId: R1, named: ['a/a.rpm', 'repomd.xml'] };
    try {
      await tree.seal(R2, releaseDocument(R2, R1), { carryFrom });
      await tree.switch(EL9, R2, R1);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  const live = (root: string, path: string) =>
    readFile(join(root, 'rpm/core/2025/el9-x86_64', path), 'utf8');

  it('says that the disk is full, stays as it was, and goes on once there is space', async () => {
    const { tree, root } = await aTree();
    const { files, ffree } = await statfs(root);
    const used = files - ffree;
    const limitFiles = (free: number) =>
      mustRun('mount', ['-o', `remount,nr_inodes=${used + free}`, root]);
    const stoppedAt = new Set<string>();

    let error: unknown;
    for (let free = 0; ; free++) {
      await limitFiles(free);
      error = await promote(tree);
      if (error === undefined) break;
      expect(error).toMatchObject({
        code: 'DISK_FULL',
        details: { free_bytes: expect.any(Number) },
      });
      stoppedAt.add(((error as Error).cause as NodeJS.ErrnoException).syscall!);
      expect(await tree.liveRelease(EL9)).toBe(R1);
      expect([await live(root, 'repomd.xml'), await live(root, 'a/a.rpm')]).toEqual(['one', 'a']);
      expect((await tree.releases(EL9)).every((release) => 'document' in release)).toBe(true);
    }

    expect([...stoppedAt].sort()).toEqual(['link', 'mkdir', 'open', 'symlink']);
    expect(await live(root, 'repomd.xml')).toBe('two');
    expect(await live(root, 'a/a.rpm')).toBe('a');
  });

  it('says so too where a file has its name already but no space for its content', async () => {
    const { tree, root } = await aTree();
    const { bavail, bsize } = await statfs(root);
    await writeFile(join(root, 'ballast'), Buffer.alloc(bavail * bsize));

    expect(await promote(tree)).toMatchObject({
      code: 'DISK_FULL',
      details: { free_bytes: 0 },
    });
    expect(await live(root, 'repomd.xml')).toBe('one');

    await rm(join(root, 'ballast'));
    expect(await promote(tree)).toBeUndefined();
    expect(await live(root, 'repomd.xml')).toBe('two');
    expect(await readdir(join(root, '.work', R2))).toEqual([]);
  });

  it.each(['.work', '.snap', 'rpm'])('is refused where %s is another mount', async (part) => {
    const root = await mountAt(join(home, 'published'));
    await mountAt(join(root, part));
    const tree = new SnapshotTree(root, new SystemClock());
    await buildTree(tree.newTree(R1), { a: 'a' });

    await expect(tree.seal(R1, releaseDocument(R1, undefined))).rejects.toMatchObject({
      code: 'PUBLISHED_DIR_SPLIT',
    });
  });

  it('is refused where a folder further below is another mount', async () => {
    const root = await mountAt(join(home, 'published'));
    await mountAt(join(root, 'rpm/core/2025'));
    const tree = new SnapshotTree(root, new SystemClock());
    await buildTree(tree.newTree(R1), { a: 'a' });
    await tree.seal(R1, releaseDocument(R1, undefined));

    await expect(tree.switch(EL9, R1, undefined)).rejects.toMatchObject({
      code: 'PUBLISHED_DIR_SPLIT',
    });
    expect(await tree.liveRelease(EL9)).toBeUndefined();
  });
});
