import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Publication, publicationName } from '../publication.js';
import { exists, hasCode } from './disk.js';
import type { FoundRelease, SnapshotTree } from './snapshot-tree.js';
import { isPromotionId, launchLinkOf } from './tree-layout.js';

const DAY = 24 * 60 * 60_000; // milliseconds

/** What stays although it is not live. */
export interface PruneRules {
  /** So many of the newest releases of each publication, with the live one. */
  readonly keepReleases: number;
  /** And what was live within so many days. */
  readonly graceDays: number;
  /** And what the caller still wants, such as the base of a promotion under way. */
  isNeeded(publication: Publication, releaseId: string): boolean | Promise<boolean>;
  /** Of a promotion that is under way its work, and the release that it is about to put live. */
  isUnderWay(promotionId: string): boolean | Promise<boolean>;
}

export interface Pruned {
  /** `rpm/core/2025/el9-x86_64/20261124T110500Z-3f9a1c` */
  readonly releases: readonly string[];
  /** What was left alone because it is not understood, in words for the log. */
  readonly problems: readonly string[];
}

/** Removes the releases that no rule keeps, and the work of promotions that are not under way. */
export async function pruneTree(tree: SnapshotTree, now: Date, rules: PruneRules): Promise<Pruned> {
  const releases: string[] = [];
  const problems: string[] = [];
  for (const publication of await tree.publications()) {
    const name = publicationName(publication);
    try {
      for (const found of await tree.releases(publication)) {
        if ('problem' in found) problems.push(`${name}/${found.id}: ${found.problem}`);
      }
      for (const id of await dispensable(tree, publication, now, rules)) {
        if (await tree.removeSnapshot(publication, id)) releases.push(`${name}/${id}`);
      }
    } catch (error) {
      // The others are not to fill the disk because of this one.
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
  await pruneWork(tree, rules);
  return { releases, problems };
}

async function dispensable(
  tree: SnapshotTree,
  publication: Publication,
  now: Date,
  rules: PruneRules,
): Promise<string[]> {
  const live = await tree.liveRelease(publication);
  const launched: FoundRelease[] = [];
  const candidates: FoundRelease[] = [];
  for (const found of await tree.releases(publication)) {
    const snapshot = tree.layout.snapshotFolder(publication, found.id);
    const waits = await exists(launchLinkOf(snapshot));
    const wasLive = await tree.wasLive(publication, found.id);
    if (wasLive) launched.push(found);
    if (found.id === live || 'problem' in found) continue;
    if (waits && (await rules.isUnderWay(found.document.promotion))) continue;
    // Set right before it was replaced.
    const { mtimeMs } = await stat(snapshot);
    if (wasLive && mtimeMs >= now.getTime() - rules.graceDays * DAY) continue;
    candidates.push(found);
  }
  const kept = new Set(rules.keepReleases > 0 ? launched.slice(-rules.keepReleases) : []);
  const ids: string[] = [];
  for (const found of candidates) {
    if (!kept.has(found) && !(await rules.isNeeded(publication, found.id))) ids.push(found.id);
  }
  return ids;
}

/** Folders of work, and what an earlier removal has left. */
async function pruneWork(tree: SnapshotTree, rules: PruneRules): Promise<void> {
  const names = await readdir(tree.layout.allWork).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  for (const name of names) {
    if (isPromotionId(name) && (await rules.isUnderWay(name))) continue;
    await tree.disk.remove(join(tree.layout.allWork, name));
  }
}
