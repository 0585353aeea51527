import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReleaseDocument } from '../../src/promotion/release.js';
import { SnapshotTree } from '../../src/promotion/tree/snapshot-tree.js';
import { buildTree, EL9, releaseDocument, releaseId } from '../support/releases.js';

/** Between two releases; what left the metadata is carried by the next one and the one after it. */
const apart = 8 * 86_400_000; // milliseconds
const start = Date.now();
const timeOf = (n: number) => start + n * apart;
const pruneRules = { keepReleases: 0, graceDays: 14 };

/** What the n-th release names, and what it has to hold. */
const packageOf = (n: number) => `Packages/acme-${n}.rpm`;
const builtFiles = (n: number) => ({ [packageOf(n)]: `acme ${n}`, 'repodata/repomd.xml': `${n}` });
const wholeTree = (n: number) =>
  Object.assign({}, ...[n - 2, n - 1, n].filter((k) => k > 0).map(builtFiles));

describe('a promotion that is killed', () => {
  let root: string;
  let tree: SnapshotTree;
  let time: number;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'packyard-promotion-'));
    tree = new SnapshotTree(root, { now: () => new Date(time), milliseconds: () => time });
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  async function contentOf(folder: string): Promise<Record<string, string>> {
    const files: Record<string, string> = {};
    for (const path of (await readdir(folder, { recursive: true })).sort()) {
      const file = join(folder, path);
      if ((await stat(file)).isFile()) files[path] = await readFile(file, 'utf8');
    }
    return files;
  }
  const liveContent = () => contentOf(tree.layout.livePath(EL9));

  function orderOf(n: number) {
    const base = n > 1 ? releaseId(n - 1) : undefined;
    const carryFrom =
      base === undefined ? undefined : { releaseId: base, named: Object.keys(builtFiles(n - 1)) };
    return { document: releaseDocument(releaseId(n), base), carryFrom };
  }

  async function promote(n: number): Promise<ReleaseDocument> {
    const { document, carryFrom } = orderOf(n);
    const sealed = await tree.seal(document.promotion, document, { carryFrom });
    await tree.switch(EL9, document.id, document.base ?? undefined);
    await tree.removeWork(document.promotion);
    await tree.prune({ ...pruneRules, isNeeded: () => false, isUnderWay: () => false });
    return sealed;
  }

  async function promoteAndDie(n: number, killBefore: number): Promise<string> {
    const order = { root, now: timeOf(n), ...orderOf(n), pruneRules, killBefore };
    const child = fork(join(__dirname, 'support/promote-process.mjs'), [JSON.stringify(order)], {
      execArgv: [],
    });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return signal ?? `exit code ${code}`;
  }

  it('leaves the live tree as it was or as it becomes, whichever step was the last', async () => {
    for (const n of [1, 2, 3]) {
      time = timeOf(n);
      await buildTree(tree.newTree(releaseId(n)), builtFiles(n));
      await promote(n);
    }
    const seen = { old: 0, new: 0 };
    let ending = '';
    for (let n = 4, step = 1; ending !== 'exit code 0'; n++, step++) {
      time = timeOf(n);
      await buildTree(tree.newTree(releaseId(n)), builtFiles(n));

      ending = await promoteAndDie(n, step);

      expect(['SIGKILL', 'exit code 0']).toContain(ending);
      const live = await tree.liveRelease(EL9);
      expect([releaseId(n - 1), releaseId(n)]).toContain(live);
      const isNew = live === releaseId(n);
      seen[isNew ? 'new' : 'old'] += 1;
      expect(await liveContent()).toEqual(wholeTree(isNew ? n : n - 1));
      // Whatever is in a release's place is whole, live or not.
      for (const release of await tree.releases(EL9)) {
        expect(release).not.toHaveProperty('problem');
        const number = Number(release.id.slice(9, 15));
        expect(await contentOf(tree.treeFolder(EL9, release.id))).toEqual(wholeTree(number));
      }

      const sealed =
        ending === 'SIGKILL' ? await promote(n) : await tree.documentOf(EL9, releaseId(n));

      expect(await tree.liveRelease(EL9)).toBe(releaseId(n));
      expect(await liveContent()).toEqual(wholeTree(n));
      expect(sealed.carried).toEqual(
        [n - 1, n - 2]
          .map((k) => ({ path: packageOf(k), left_at: new Date(timeOf(k + 1)).toISOString() }))
          .sort((a, b) => (a.path < b.path ? -1 : 1)),
      );
      const ids = (await tree.releases(EL9)).map(({ id }) => id);
      expect(ids).toEqual([n - 2, n - 1, n].map(releaseId));
      expect(await readdir(tree.layout.allWork)).toEqual([]);
      expect(await readdir(join(root, 'rpm/core/2025'))).toEqual(['el9-x86_64']);
    }
    expect(seen.old).toBeGreaterThan(20);
    expect(seen.new).toBeGreaterThan(5);
  }, 300_000);
});
