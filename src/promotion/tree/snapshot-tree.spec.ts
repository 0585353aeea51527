import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildTree, EL9, releaseDocument, releaseId } from '../../../test/support/releases.js';
import { Clock } from '../../common/clock.js';
import type { Publication } from '../publication.js';
import type { DiskStep } from './disk.js';
import { type CarryFrom, SnapshotTree } from './snapshot-tree.js';

const LIVE = 'rpm/core/2025/el9-x86_64';
const DEB: Publication = { component: 'core', series: '2025', format: 'deb' };
const START = new Date('2026-11-24T12:00:00Z');
const DAY = 86_400_000;
const [R1, R2, R3, R4] = [1, 2, 3, 4].map(releaseId) as [string, string, string, string];

class TestClock extends Clock {
  time = START.getTime();
  now = () => new Date(this.time);
}

describe('SnapshotTree', () => {
  let home: string;
  let root: string;
  let clock: TestClock;
  let steps: { step: DiskStep; path: string }[];
  let tree: SnapshotTree;

  beforeEach(async () => {
    home = await fs.mkdtemp(join(tmpdir(), 'snapshot-tree-'));
    root = join(home, 'published');
    clock = new TestClock();
    steps = [];
    tree = new SnapshotTree(root, clock, (step, path) => void steps.push({ step, path }));
  });
  afterEach(() => fs.rm(home, { recursive: true, force: true }));

  const inTree = (path: string) => join(root, path);
  const read = (path: string) => fs.readFile(inTree(path), 'utf8');
  const isThere = (path: string) =>
    fs.lstat(inTree(path)).then(
      () => true,
      () => false,
    );

  /** Builds and seals a release whose metadata names all files of it. */
  async function seal(
    id: string,
    base: string | undefined,
    files: Record<string, string>,
    carry: Partial<CarryFrom> = {},
    publication = EL9,
  ) {
    await buildTree(tree.newTree(id), files);
    const named = base && (await tree.documentOf(publication, base));
    const carryFrom = base ? { releaseId: base, named: namedOf(named), ...carry } : undefined;
    return tree.seal(id, releaseDocument(id, base, publication), { carryFrom });
  }
  const namedOf = (document: unknown) => sealedFiles.get((document as { id: string }).id) ?? [];
  const sealedFiles = new Map<string, string[]>();

  async function release(id: string, base: string | undefined, files: Record<string, string>) {
    const document = await seal(id, base, files);
    sealedFiles.set(id, Object.keys(files));
    await tree.switch(EL9, id, base);
    await tree.removeWork(id);
    return document;
  }

  describe('a release', () => {
    it('goes live with one relative link, its release.json beside what is served', async () => {
      await seal(R1, undefined, { 'repodata/repomd.xml': 'one' });
      expect(await tree.liveRelease(EL9)).toBeUndefined();
      expect(await isThere(LIVE)).toBe(false);

      await tree.switch(EL9, R1, undefined);

      expect(await tree.liveRelease(EL9)).toBe(R1);
      expect(await fs.readlink(inTree(LIVE))).toBe(`../../../.snap/${LIVE}/${R1}/tree`);
      expect(await read(`${LIVE}/repodata/repomd.xml`)).toBe('one');
      expect(await fs.readdir(inTree(LIVE))).toEqual(['repodata']);
      expect(await tree.documentOf(EL9, R1)).toEqual({
        ...releaseDocument(R1, undefined),
        carried: [],
      });
    });

    it('is read-only, readable by a file server, and its files keep their times', async () => {
      await buildTree(tree.newTree(R1), { 'Packages/a.rpm': 'a' });
      const built = join(tree.newTree(R1), 'Packages/a.rpm');
      await fs.chmod(built, 0o600);
      await fs.chmod(dirname(built), 0o700);
      await fs.utimes(built, 1_700_000_000, 1_700_000_000);

      await tree.seal(R1, releaseDocument(R1, undefined));
      await tree.switch(EL9, R1, undefined);

      const file = await fs.stat(inTree(`${LIVE}/Packages/a.rpm`));
      expect([file.mode & 0o777, file.mtimeMs]).toEqual([0o444, 1_700_000_000_000]);
      for (const folder of ['', '.snap', `.snap/${LIVE}/${R1}`, LIVE, `${LIVE}/Packages`, 'rpm']) {
        expect([folder, (await fs.stat(inTree(folder))).mode & 0o777]).toEqual([folder, 0o755]);
      }
    });

    it('carries what left the metadata as hard links for 14 days, and not a moment longer', async () => {
      await release(R1, undefined, { 'a.rpm': 'a', 'repomd.xml': '1' });
      const file = await fs.stat(inTree(`${LIVE}/a.rpm`));
      const second = await release(R2, R1, { 'b.rpm': 'b', 'repomd.xml': '2' });
      expect(second.carried).toEqual([{ path: 'a.rpm', left_at: START.toISOString() }]);

      clock.time += 14 * DAY;
      const third = await release(R3, R2, { 'c.rpm': 'c', 'repomd.xml': '3' });
      expect(third.carried).toEqual([
        { path: 'a.rpm', left_at: START.toISOString() },
        { path: 'b.rpm', left_at: clock.now().toISOString() },
      ]);
      const { ino, mtimeMs } = await fs.stat(inTree(`${LIVE}/a.rpm`));
      expect([ino, mtimeMs]).toEqual([file.ino, file.mtimeMs]);

      clock.time += 1;
      const fourth = await release(R4, R3, { 'repomd.xml': '4' });
      expect(fourth.carried.map(({ path }) => path)).toEqual(['b.rpm', 'c.rpm']);
      expect((await fs.readdir(inTree(LIVE))).sort()).toEqual(['b.rpm', 'c.rpm', 'repomd.xml']);
    });

    it('leaves out at once what is withdrawn now', async () => {
      await release(R1, undefined, { 'Packages/a.rpm': 'a', 'Packages/b.rpm': 'b' });
      const except = new Set(['Packages/a.rpm']);

      const { carried } = await seal(R2, R1, { c: 'c' }, { except });
      await tree.switch(EL9, R2, R1);

      expect(carried.map(({ path }) => path)).toEqual(['Packages/b.rpm']);
      expect(await isThere(`${LIVE}/Packages/a.rpm`)).toBe(false);
      expect(await read(`${LIVE}/Packages/b.rpm`)).toBe('b');
    });

    it('is sealed and put live again with no effect', async () => {
      const first = await release(R1, undefined, { a: 'a' });

      clock.time += DAY;
      expect(await tree.seal(R1, releaseDocument(R1, undefined))).toEqual(first);
      await tree.switch(EL9, R1, undefined);

      expect(await tree.liveRelease(EL9)).toBe(R1);
      await expect(
        tree.seal('other', { ...releaseDocument(R1, undefined), promotion: 'other' }),
      ).rejects.toThrow('has made the release');
    });

    it('is not sealed with anything but files in it', async () => {
      await buildTree(tree.newTree(R1), { a: 'a' });
      await fs.symlink('a', join(tree.newTree(R1), 'b'));

      await expect(tree.seal(R1, releaseDocument(R1, undefined))).rejects.toMatchObject({
        code: 'SNAPSHOT_INVALID',
        details: { path: 'b' },
      });
    });

    it('is on the disk before it is named, file before folder, and so is the link', async () => {
      await release(R1, undefined, { 'x/a': 'a' });
      steps = [];
      await release(R2, R1, { 'x/b': 'b', 'y/z/c': 'c' });

      const paths = steps.map(({ step, path }) => `${step} ${path.slice(root.length + 1)}`);
      const at = (line: string) => {
        expect(paths).toContain(line);
        return paths.lastIndexOf(line);
      };
      const work = `.work/${R2}/snapshot`;
      const inOrder = [
        [`sync ${work}/release.json.new`, `rename ${work}/release.json`, `link ${work}/tree/x/a`],
        [`link ${work}/tree/x/a`, `sync ${work}/tree/x`, `sync ${work}/tree`],
        [`chmod ${work}/tree/x/b`, `sync ${work}/tree/x/b`, `sync ${work}/tree/x`],
        [`sync ${work}/tree/y/z/c`, `sync ${work}/tree/y/z`, `sync ${work}/tree/y`],
        [`sync ${work}/tree/y`, `sync ${work}/tree`, `symlink ${work}/launch`, `sync ${work}`],
        [`sync ${work}`, `rename .snap/${LIVE}/${R2}`, `sync .snap/${LIVE}`],
        [`sync .snap/${LIVE}`, `symlink .snap/${LIVE}/${R1}/successor-1`, `rename ${LIVE}`],
        [`rename ${LIVE}`, `sync rpm/core/2025`],
      ].map((lines) => lines.map(at));
      for (const order of inOrder) expect(order).toEqual(order.toSorted((a, b) => a - b));
      // What it has of R1 is on the disk already.
      expect(paths).not.toContain(`sync ${work}/tree/x/a`);
    });

    it.each(['../x', '.', '', 'a/b', 'a.b', '.hidden', 'a\0'])(
      'is not made by a promotion called %j',
      async (id) => {
        await expect(tree.seal(id, releaseDocument(R1, undefined))).rejects.toMatchObject({
          code: 'INVALID_REQUEST',
        });
        expect(() => tree.removeWork(id)).toThrow('not the name of a promotion');
      },
    );

    it.each(['../20261124T000001Z-3f9a1c', `${R1}/tree`, '', '..', 'successor-1'])(
      'is not called %j',
      async (id) => {
        await expect(tree.documentOf(EL9, id)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      },
    );

    it.each([
      { ...EL9, component: '..' },
      { ...EL9, series: '../..' },
      { ...EL9, target: '.snap' },
      { ...EL9, target: '' },
    ])('is not of %j', async (publication) => {
      await expect(tree.liveRelease(publication)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
    });
  });

  describe('what was put there by hand', () => {
    const unmanaged = { code: 'PUBLICATION_UNMANAGED', message: expect.stringContaining(LIVE) };

    async function expectUntouched(what: () => Promise<string>): Promise<void> {
      const before = await what();
      await expect(tree.liveRelease(EL9)).rejects.toMatchObject(unmanaged);
      await seal(R1, undefined, { a: 'a' });
      await expect(tree.switch(EL9, R1, undefined)).rejects.toMatchObject(unmanaged);
      expect(await what()).toBe(before);
    }

    it('is not replaced: a folder', async () => {
      await buildTree(inTree(LIVE), { 'repodata/repomd.xml': 'mine' });
      await expectUntouched(() => read(`${LIVE}/repodata/repomd.xml`));
    });

    it.each([
      ['elsewhere', '../../../mine'],
      ['to a snapshot of another publication', `../../../.snap/deb/core/2025/${R1}/tree`],
      ['to a snapshot without its tree', `../../../.snap/${LIVE}/${R1}`],
      ['by another way', `../../../rpm/../.snap/${LIVE}/${R1}/tree`],
    ])('is not replaced: a link %s', async (_where, text) => {
      await fs.mkdir(inTree('rpm/core/2025'), { recursive: true });
      await fs.symlink(text, inTree(LIVE));
      await expectUntouched(() => fs.readlink(inTree(LIVE)));
    });

    it('is not replaced: a file above', async () => {
      await fs.mkdir(inTree('rpm'), { recursive: true });
      await fs.writeFile(inTree('rpm/core'), 'mine');
      await expectUntouched(() => read('rpm/core'));
    });

    it('is not replaced: a link above, behind which ours would lead nowhere', async () => {
      await fs.mkdir(inTree('rpm'), { recursive: true });
      await fs.mkdir(join(home, 'mine'));
      await fs.symlink('../../mine', inTree('rpm/core'));
      await seal(R1, undefined, { a: 'a' });

      await expect(tree.switch(EL9, R1, undefined)).rejects.toMatchObject(unmanaged);
      await fs.mkdir(join(home, 'mine/2025'), { recursive: true });
      await expectUntouched(() => fs.readlink(inTree('rpm/core')));
    });

    it('is no hindrance where the whole tree is behind a link', async () => {
      await fs.rename(root, join(home, 'elsewhere')).catch(() => fs.mkdir(join(home, 'elsewhere')));
      await fs.symlink('elsewhere', root);

      await release(R1, undefined, { a: 'a' });

      expect(await tree.liveRelease(EL9)).toBe(R1);
      expect(await read(`${LIVE}/a`)).toBe('a');
    });
  });

  describe('of several releases', () => {
    const superseded = { code: 'RELEASE_SUPERSEDED' };

    it('built from the same base, one goes live', async () => {
      await release(R1, undefined, { a: '1' });
      await seal(R2, R1, { a: '2' });
      await seal(R3, R1, { a: '3' });

      const ends = await Promise.allSettled([
        tree.switch(EL9, R3, R1),
        tree.switch(EL9, R2, R1),
        new SnapshotTree(root, clock).switch(EL9, R3, R1),
        new SnapshotTree(root, clock).switch(EL9, R2, R1),
      ]);

      const live = (await tree.liveRelease(EL9))!;
      const won = (await tree.liveRelease(EL9)) === R3 ? [0, 2] : [1, 3];
      ends.forEach((end, i) => {
        if (won.includes(i)) expect(end.status).toBe('fulfilled');
        else expect(end).toMatchObject({ reason: superseded });
      });
      expect(await read(`${LIVE}/a`)).toBe(live === R3 ? '3' : '2');
    });

    it('the first of a publication is one', async () => {
      await seal(R1, undefined, { a: '1' });
      await seal(R2, undefined, { a: '2' });

      await tree.switch(EL9, R2, undefined);
      await expect(tree.switch(EL9, R1, undefined)).rejects.toMatchObject(superseded);
    });

    it('one that has been live never is again, not even for who thinks it is its turn', async () => {
      await release(R1, undefined, { a: '1' });
      await release(R2, R1, { a: '2' });

      await expect(tree.switch(EL9, R1, R2)).rejects.toMatchObject(superseded);
      await expect(tree.switch(EL9, R1, undefined)).rejects.toMatchObject(superseded);
      expect(await tree.liveRelease(EL9)).toBe(R2);
    });

    it('one that claims holds the others off until it gives up', async () => {
      await release(R1, undefined, { a: '1' });
      await seal(R2, R1, { a: '2' });
      await seal(R3, R1, { a: '3' });
      await fs.symlink(`../${R2}`, inTree(`.snap/${LIVE}/${R1}/successor-1`)); // and crashed

      await expect(tree.switch(EL9, R3, R1)).rejects.toMatchObject(superseded);
      expect(await tree.releaseClaim(EL9, R2)).toBe(true);
      await expect(tree.switch(EL9, R2, R1)).rejects.toMatchObject(superseded);
      await tree.switch(EL9, R3, R1);

      expect(await tree.liveRelease(EL9)).toBe(R3);
      expect(await tree.releaseClaim(EL9, R3)).toBe(false);
      expect(await tree.liveRelease(EL9)).toBe(R3);
    });

    it('one that claimed and crashed goes on', async () => {
      await release(R1, undefined, { a: '1' });
      await seal(R2, R1, { a: '2' });
      await fs.symlink(`../${R2}`, inTree(`.snap/${LIVE}/${R1}/successor-1`));

      await tree.switch(EL9, R2, R1);
      expect(await tree.liveRelease(EL9)).toBe(R2);
    });

    it('one that was thought dead finds itself too late, at whichever step it wakes up', async () => {
      await release(R1, undefined, { a: '1' });
      await seal(R2, R1, { a: '2' });
      let woke = false;
      const sleeper = new SnapshotTree(root, clock, async (step, path) => {
        if (woke || !(step === 'symlink' || (step === 'rename' && path === inTree(LIVE)))) return;
        woke = step === 'rename';
        if (!woke) return;
        // Meanwhile another process goes on with the same promotion, and the next one follows.
        await tree.switch(EL9, R2, R1);
        await release(R3, R2, { a: '3' });
      });

      await expect(sleeper.switch(EL9, R2, R1)).rejects.toMatchObject(superseded);
      expect([woke, await tree.liveRelease(EL9)]).toEqual([true, R3]);
    });

    it('one is given up or goes live, never both', async () => {
      await release(R1, undefined, { a: '1' });
      let base = R1;
      for (let n = 2; n < 40; n++) {
        const id = releaseId(n);
        await seal(id, base, { a: `${n}` });
        const [switched, givenUp] = await Promise.all([
          tree.switch(EL9, id, base).then(
            () => true,
            () => false,
          ),
          new SnapshotTree(root, clock).releaseClaim(EL9, id),
        ]);
        const live = (await tree.liveRelease(EL9)) === id;
        expect([switched, givenUp]).toEqual([live, !live]);
        if (live) base = id;
      }
    });
  });

  describe('what is there', () => {
    it('is listed, the oldest release first, and a damaged one says so', async () => {
      await release(R1, undefined, { a: '1' });
      await release(R2, R1, { a: '2' });
      await release(R3, R2, { a: '3' });
      await seal(R1, undefined, { a: '1' }, {}, DEB);
      const damage = (id: string, text: string) =>
        fs
          .rm(inTree(`.snap/${LIVE}/${id}/release.json`))
          .then(() => fs.writeFile(inTree(`.snap/${LIVE}/${id}/release.json`), text));
      await damage(R2, '{"version": 1');
      await damage(R3, JSON.stringify({ ...(await tree.documentOf(EL9, R1)) }));
      await fs.mkdir(inTree(`.snap/${LIVE}/${R4}`));

      expect(await tree.publications()).toEqual([EL9, DEB]);
      expect(await tree.releases(EL9)).toEqual([
        { id: R1, document: await tree.documentOf(EL9, R1) },
        { id: R2, problem: 'it is no JSON' },
        { id: R3, problem: 'it describes another release' },
        { id: R4, problem: 'it has no release.json' },
      ]);
      await expect(tree.documentOf(EL9, R2)).rejects.toMatchObject({ code: 'SNAPSHOT_INVALID' });
      await expect(tree.documentOf(EL9, releaseId(9))).rejects.toMatchObject({
        code: 'RELEASE_NOT_FOUND',
      });
    });

    it('is nothing where nothing was published', async () => {
      expect(await tree.publications()).toEqual([]);
      expect(await tree.releases(EL9)).toEqual([]);
      expect(await tree.liveRelease(EL9)).toBeUndefined();
    });
  });

  describe('prune', () => {
    const rules = {
      keepReleases: 0,
      graceDays: 14,
      isNeeded: () => false,
      isUnderWay: () => false,
    };
    const ids = async () => (await tree.releases(EL9)).map(({ id }) => id);
    const snapshotName = (id: string) => `${LIVE}/${id}`;

    beforeEach(async () => {
      await release(R1, undefined, { a: '1' });
      clock.time += DAY;
      await release(R2, R1, { a: '2' });
      clock.time += DAY;
      await release(R3, R2, { a: '3' });
    });

    it('removes what was replaced longer ago than the grace, not what went live so long ago', async () => {
      clock.time += 13 * DAY; // R1 was replaced 14 days ago, R2 13 days ago
      expect((await tree.prune(rules)).releases).toEqual([]);
      clock.time += 1;
      expect((await tree.prune(rules)).releases).toEqual([snapshotName(R1)]);
      clock.time += DAY;
      expect((await tree.prune(rules)).releases).toEqual([snapshotName(R2)]);
      clock.time += 1000 * DAY;
      expect(await tree.prune(rules)).toEqual({ releases: [], problems: [] });
      expect(await read(`${LIVE}/a`)).toBe('3');
      expect(await fs.readdir(inTree('.work'))).toEqual([]);
    });

    it('keeps the newest, and what is needed', async () => {
      clock.time += 100 * DAY;

      expect((await tree.prune({ ...rules, keepReleases: 3 })).releases).toEqual([]);
      const isNeeded = (_: Publication, id: string) => id === R1;
      const pruned = await tree.prune({ ...rules, keepReleases: 1, isNeeded });

      expect(pruned.releases).toEqual([snapshotName(R2)]);
      expect(await ids()).toEqual([R1, R3]);
    });

    it('removes a release that never went live, unless its promotion is under way', async () => {
      await seal(R4, R3, { a: '4' });
      await buildTree(tree.newTree('at-work'), { a: '5' });

      const isUnderWay = (promotion: string) => [R4, 'at-work'].includes(promotion);
      const left = await tree.prune({ ...rules, isUnderWay });
      expect(left).toEqual({ releases: [], problems: [] });

      await tree.releaseClaim(EL9, R4);
      const { releases } = await tree.prune(rules);
      expect(releases).toEqual([snapshotName(R4)]);
      expect(await fs.readdir(inTree('.work'))).toEqual([]);
    });

    it('looks at the link right before it removes', async () => {
      await seal(R4, R3, { a: '4' });
      const isNeeded = async (_: Publication, id: string) => {
        if (id === R4) await tree.switch(EL9, R4, R3);
        return false;
      };

      const { releases } = await tree.prune({ ...rules, isNeeded });

      expect(releases).toEqual([]);
      expect(await read(`${LIVE}/a`)).toBe('4');
    });

    it('leaves alone what it does not understand, and says so', async () => {
      await seal(R1, undefined, { a: '1' }, {}, DEB);
      await buildTree(inTree('deb/core/2025'), { mine: 'mine' });
      await fs.rm(inTree(`.snap/${LIVE}/${R1}/release.json`));
      clock.time += 100 * DAY;

      const { releases, problems } = await tree.prune(rules);

      expect(releases).toEqual([snapshotName(R2)]);
      expect(problems).toEqual([
        `${LIVE}/${R1}: it has no release.json`,
        expect.stringMatching(/^deb\/core\/2025: .*put there by hand/),
      ]);
      expect(await read('deb/core/2025/mine')).toBe('mine');
      expect(await ids()).toEqual([R1, R3]);
    });

    it('finishes a removal that a crash has ended', async () => {
      await fs.rename(inTree(`.snap/${LIVE}/${R1}`), inTree(`.work/removed.${R1}.x`));

      await tree.prune(rules);
      expect(await isThere(`.work/removed.${R1}.x`)).toBe(false);
    });
  });

  it('does not remove what is live', async () => {
    await release(R1, undefined, { a: '1' });

    expect(await tree.removeSnapshot(EL9, R1)).toBe(false);
    expect(await read(`${LIVE}/a`)).toBe('1');
    await release(R2, R1, { a: '2' });
    expect(await tree.removeSnapshot(EL9, R1)).toBe(true);
    expect(await tree.removeSnapshot(EL9, R1)).toBe(true);
    expect(await isThere(`.snap/${LIVE}/${R1}`)).toBe(false);
  });
});
