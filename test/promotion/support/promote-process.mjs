/**
 * A process that seals a built release, puts it live and prunes, and dies of SIGKILL right before a
 * step on the disk. Forked with what to do as JSON; ends with 0 where it came through.
 */
import { load } from '../../support/typescript.mjs';

const { SnapshotTree } = load('src/promotion/tree/snapshot-tree.ts');

const { root, now, document, carryFrom, pruneRules, killBefore } = JSON.parse(process.argv[2]);
let steps = 0;
const tree = new SnapshotTree(root, { now: () => new Date(now) }, () => {
  if (++steps === killBefore) process.kill(process.pid, 'SIGKILL');
});
await tree.seal(document.promotion, document, { carryFrom });
await tree.switch(document.publication, document.id, document.base ?? undefined);
await tree.removeWork(document.promotion);
await tree.prune({ ...pruneRules, isNeeded: () => false, isUnderWay: () => false });
