import fc from 'fast-check';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTree, EL9, releaseDocument, releaseId } from '../../../test/support/releases.js';
import { Clock } from '../../common/clock.js';
import type { CarriedFile } from '../release.js';
import { SnapshotTree } from './snapshot-tree.js';

const DAY = 86_400_000;
const NAMES = ['a', 'b', 'c/d', 'c/e', 'f/g/h'];
const RULES = { keepReleases: 1, graceDays: 14 };

class TestClock extends Clock {
  time = Date.now();
  now = () => new Date(this.time);
}

/** What a release has to hold, and when it was live. */
interface Expected {
  readonly named: readonly string[];
  readonly carried: readonly CarriedFile[];
  readonly content: Readonly<Record<string, string>>;
  replacedAt?: number;
}

type Action =
  /** Builds on what is live and puts it live; dies before that step on the disk, and may go on then. */
  | { kind: 'promote'; names: string[]; dieBefore?: number; goesOn: boolean; now: string[] }
  /** Two promotions of the same base. */
  | { kind: 'race'; names: [string[], string[]] }
  | { kind: 'wait'; days: number }
  | { kind: 'prune'; dieBefore?: number };

const someNames = fc.subarray(NAMES, { minLength: 1 });
const step = fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined });
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('promote' as const),
      names: someNames,
      dieBefore: step,
      goesOn: fc.boolean(),
      now: fc.oneof({ weight: 4, arbitrary: fc.constant<string[]>([]) }, someNames),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('race' as const),
      names: fc.tuple(someNames, someNames),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      days: fc.constantFrom(1, 7, 13, 14, 15),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('prune' as const), dieBefore: step }) },
);

/** A tree, and beside it what should be in it. */
class Model {
  readonly clock = new TestClock();
  readonly tree: SnapshotTree;
  readonly expected = new Map<string, Expected>();
  live: string | undefined;
  private number = 0;

  constructor(readonly root: string) {
    this.tree = new SnapshotTree(root, this.clock);
  }

  /** The same tree for a process that dies before a step, and does nothing more. */
  private mortal(dieBefore: number | undefined): SnapshotTree {
    let steps = 0;
    return new SnapshotTree(this.root, this.clock, () => {
      if (dieBefore !== undefined && ++steps >= dieBefore) throw new Error('dead');
    });
  }

  async run(action: Action): Promise<void> {
    this.clock.time += 1000;
    switch (action.kind) {
      case 'wait':
        this.clock.time += action.days * DAY;
        return;
      case 'prune':
        await this.prune(this.mortal(action.dieBefore)).catch(ignoreDeath);
        return;
      case 'promote':
        return this.promote(action);
      case 'race': {
        const base = this.live;
        const ids = [await this.build(action.names[0]), await this.build(action.names[1])];
        for (const id of ids) await this.seal(this.tree, id);
        const ends = await Promise.allSettled(
          ids.map((id) => this.mortal(undefined).switch(EL9, id, base)),
        );
        const won = ids.filter((_, i) => ends[i]!.status === 'fulfilled');
        expect(won).toHaveLength(1);
        this.wentLive(won[0]!);
      }
    }
  }

  private async promote({ names, dieBefore, goesOn, now }: Action & { kind: 'promote' }) {
    const base = this.live;
    const id = await this.build(names, now);
    const run = async (tree: SnapshotTree) => {
      await this.seal(tree, id, now);
      await tree.switch(EL9, id, base);
    };
    const died = await run(this.mortal(dieBefore)).then(() => false, ignoreDeath);
    const live = await this.tree.liveRelease(EL9);
    expect([base, id]).toContain(live);
    await this.expectWhole(live === id ? id : base);
    if (died && goesOn) await run(this.tree);
    else if (died && live !== id) {
      // Failed, and said to have: what it left is for a later prune.
      expect(await this.tree.releaseClaim(EL9, id)).toBe(true);
      return;
    }
    this.wentLive(id);
  }

  private async build(names: readonly string[], now: readonly string[] = []): Promise<string> {
    const id = releaseId(++this.number);
    const content = Object.fromEntries(names.map((name) => [name, `${name} of ${id}`]));
    await buildTree(this.tree.newTree(id), content);
    const base = this.live === undefined ? undefined : this.expected.get(this.live)!;
    const time = this.clock.now();
    const left = (base?.named ?? []).map((path) => ({ path, left_at: time.toISOString() }));
    const carried = [...(base?.carried ?? []), ...left]
      .filter(({ path }) => !names.includes(path) && !now.includes(path))
      .filter(({ left_at }) => time.getTime() - Date.parse(left_at) <= 14 * DAY)
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    for (const { path } of carried) content[path] = base!.content[path]!;
    this.expected.set(id, { named: names, carried, content });
    return id;
  }

  private seal(tree: SnapshotTree, id: string, now: readonly string[] = []) {
    const base = this.live;
    const carryFrom =
      base === undefined
        ? undefined
        : { releaseId: base, named: this.expected.get(base)!.named, except: new Set(now) };
    return tree.seal(id, releaseDocument(id, base), { carryFrom });
  }

  private wentLive(id: string): void {
    if (this.live !== undefined) this.expected.get(this.live)!.replacedAt = this.clock.time;
    this.live = id;
  }

  private prune(tree: SnapshotTree) {
    return tree.prune({ ...RULES, isNeeded: () => false, isUnderWay: () => false });
  }

  async check(): Promise<void> {
    expect(await this.tree.liveRelease(EL9)).toBe(this.live);
    const found = await this.tree.releases(EL9);
    for (const release of found) {
      expect(release).not.toHaveProperty('problem');
      await this.expectWhole(release.id);
    }
    // What a client may still be reading is there.
    const ids = found.map(({ id }) => id);
    for (const [id, { replacedAt }] of this.expected) {
      const inGrace = replacedAt !== undefined && this.clock.time - replacedAt <= 14 * DAY;
      if (id === this.live || inGrace) expect(ids).toContain(id);
    }
  }

  /** Nothing but what is live, or was within the grace, is left by a prune that comes to its end. */
  async checkPruned(): Promise<void> {
    await this.prune(this.tree);
    await this.check();
    for (const { id } of await this.tree.releases(EL9)) {
      const { replacedAt } = this.expected.get(id)!;
      const inGrace = replacedAt !== undefined && this.clock.time - replacedAt <= 14 * DAY;
      expect([id, id === this.live || inGrace]).toEqual([id, true]);
    }
    expect(await fs.readdir(this.tree.layout.allWork).catch(() => [])).toEqual([]);
  }

  private async expectWhole(id: string | undefined): Promise<void> {
    if (id === undefined) return;
    const { content, carried } = this.expected.get(id)!;
    const folder =
      id === this.live ? this.tree.layout.livePath(EL9) : this.tree.treeFolder(EL9, id);
    const found: Record<string, string> = {};
    for (const name of NAMES) {
      const text = await fs.readFile(join(folder, name), 'utf8').catch(() => undefined);
      if (text !== undefined) found[name] = text;
    }
    expect([id, found]).toEqual([id, content]);
    expect((await this.tree.documentOf(EL9, id)).carried).toEqual(carried);
  }
}

function ignoreDeath(error: Error): true {
  if (error.message !== 'dead') throw error;
  return true;
}

describe('SnapshotTree, whatever happens in whichever order,', () => {
  it('has a whole release live, carries each file exactly its time, and prunes nothing that is needed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 12 }), async (actions) => {
        const root = await fs.mkdtemp(join(tmpdir(), 'snapshot-tree-'));
        try {
          const model = new Model(root);
          for (const one of actions) {
            await model.run(one);
            await model.check();
          }
          await model.checkPruned();
        } finally {
          await fs.rm(root, { recursive: true, force: true });
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
