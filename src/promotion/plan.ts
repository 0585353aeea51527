import { join } from 'node:path';
import { DomainError } from '../common/domain-error.js';
import type { SnapshotFile } from './format-builder.js';
import { promotedSet, restoredSet, withdrawnSet, type NextSet } from './next-set.js';
import { outgrown } from './outgrown.js';
import type { PromotionJob, Snapshot } from './promotion-job.js';
import type { Destination } from './publication.js';
import type { ReleaseExtra, ReleasePackage } from './release.js';
import { signPackages, takeStagedSet } from './staged-set.js';

/** The set that is wanted, and where each of its files is. */
export interface Plan {
  readonly set: NextSet;
  readonly packages: readonly SnapshotFile<ReleasePackage>[];
  readonly extras: readonly SnapshotFile<ReleaseExtra>[];
  /** Of a rollback: the release that is brought back. */
  readonly restored?: Snapshot;
}

/** What the promotion makes of what is live. A promotion of staged packages has them signed by then. */
export function planOf(job: PromotionJob, base: Snapshot | undefined): Promise<Plan> {
  switch (job.promotion.kind) {
    case 'promotion':
      return planPromotion(job, base);
    case 'rollback':
      return planRollback(job, base);
    case 'withdrawal':
      return planWithdrawal(job, base);
  }
}

async function planPromotion(job: PromotionJob, base: Snapshot | undefined): Promise<Plan> {
  const staged = await takeStagedSet(job);
  const { format } = job.destination;
  const live = base?.document.packages ?? [];
  const entries = staged.packages.map(({ entry }) => entry);
  const { added } = promotedSet(format, live, entries);
  if (added.length === 0 && !staged.extras.some(({ entry }) => isNew(entry, base))) {
    throw nothingNew(job.destination);
  }

  const fresh = await signPackages(
    job,
    staged.packages.filter(({ entry }) => added.includes(entry)),
  );
  const keptExtras = (base?.document.extras ?? []).filter(
    (each) => !staged.extras.some(({ entry }) => isSameKind(entry, each)),
  );
  const freshEntries = fresh.map(({ entry }) => entry);
  const set = afterRetention(job, promotedSet(format, live, freshEntries), entries);
  const kept = set.packages.filter((each) => !freshEntries.includes(each));
  return {
    set,
    packages: [...filesOf(base, kept), ...fresh],
    extras: [...filesOf(base, keptExtras), ...staged.extras],
  };
}

/** @param staged what is promoted now, and may be live already */
function afterRetention(
  { promotion, destination: { format, target } }: PromotionJob,
  set: NextSet,
  staged: readonly ReleasePackage[],
): NextSet {
  const { keep } = promotion.request;
  if (keep === undefined) return set;
  const ofTarget = set.packages.filter((each) => each.target === target);
  const removed = outgrown(format, ofTarget, staged, keep);
  return { ...set, packages: set.packages.filter((each) => !removed.includes(each)), removed };
}

async function planRollback(job: PromotionJob, base: Snapshot | undefined): Promise<Plan> {
  const { publication, target, request } = job.promotion;
  const restored = await job.snapshot(request.release as string);
  const later = await job.shop.releases.after(publication, restored.document.id);
  const set = restoredSet(base?.document.packages ?? [], restored.document, target, later);
  const isBack = (each: { target: string }) => each.target === target;
  const isLeft = (each: { target: string }) => each.target !== target;
  return {
    set,
    packages: [
      ...filesOf(base, set.packages.filter(isLeft)),
      ...filesOf(restored, set.packages.filter(isBack)),
    ],
    extras: [
      ...filesOf(base, (base?.document.extras ?? []).filter(isLeft)),
      ...filesOf(restored, restored.document.extras.filter(isBack)),
    ],
    restored,
  };
}

async function planWithdrawal(
  { promotion, shop }: PromotionJob,
  base: Snapshot | undefined,
): Promise<Plan> {
  const { format, request } = promotion;
  const named = await shop.releases.find(request.release as string);
  const live = base?.document.packages ?? [];
  const set = withdrawnSet(format, live, named!.document, request.packages ?? []);
  return {
    set,
    packages: filesOf(base, set.packages),
    extras: filesOf(base, base?.document.extras ?? []),
  };
}

function filesOf<T extends ReleasePackage | ReleaseExtra>(
  snapshot: Snapshot | undefined,
  entries: readonly T[],
): SnapshotFile<T>[] {
  return entries.map((entry) => ({ entry, source: join(snapshot?.folder ?? '', entry.path) }));
}

/** A target has one of each: a newer one takes the place of the one before. */
function isSameKind(a: ReleaseExtra, b: ReleaseExtra): boolean {
  return a.target === b.target && a.type === b.type;
}

function isNew(extra: ReleaseExtra, base: Snapshot | undefined): boolean {
  const before = base?.document.extras.find((each) => isSameKind(each, extra));
  return before?.sha256 !== extra.sha256;
}

function nothingNew({ component, series, format, target }: Destination): DomainError {
  return new DomainError(
    'NOTHING_STAGED',
    `All that is staged at ${component}/${series}/${format}/${target} is live already, so there is nothing to promote.`,
  );
}
