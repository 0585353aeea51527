import type { Logger } from 'pino';
import { DomainError } from '../common/domain-error.js';
import { keptReleases } from './deliver-live.js';
import { isUnderWay, type Promotion } from './promotion.js';
import { publicationOf } from './publication.js';
import type { Workshop } from './workshop.js';

/** Days for which what was live stays, whatever else is kept: a client may be in the middle of a transaction. */
const GRACE_DAYS = 14;

/**
 * What is left to do once a promotion has ended: what was staged moves to `promoted/`, what failed leaves
 * no trace, and releases that nobody needs any more go. It may be run again after a crash.
 */
export async function tidyAway(
  shop: Workshop,
  promotion: Promotion,
  logger: Logger,
): Promise<void> {
  const { id, kind, state, release } = promotion;
  const { component, series, format, target } = promotion;
  const destination = { component, series, format, target };
  const publication = publicationOf(destination);

  if (state === 'live') {
    if (kind === 'promotion') await moveStaged(shop, promotion);
  } else if (release !== null) {
    await shop.tree.removeSnapshot(publication, release);
  }
  await shop.tree.removeWork(id);

  const wanted = await shop.promotions.wantedReleases();
  // Asked before the tree is looked at, which had them by then.
  const recorded = await shop.releases.kept();
  const { releases, problems } = await shop.tree.prune({
    keepReleases: shop.releasesKept,
    graceDays: GRACE_DAYS,
    isNeeded: (_publication, id) => wanted.has(id),
    isUnderWay: async (promotionId) => {
      const other = await shop.promotions.find(promotionId);
      return other !== undefined && isUnderWay(other.state);
    },
  });
  for (const problem of problems) logger.warn({ problem }, 'not everything could be pruned');
  for (const name of releases) {
    const release = name.slice(name.lastIndexOf('/') + 1);
    await forget(shop, release).catch(async (error: unknown) => {
      if (!(error instanceof DomainError)) throw error;
      await shop.promotions.warn(
        id,
        `Of the release ${release} something is left. ${error.message}`,
      );
    });
  }
  // Not of this call alone: one before it may have died between the removal and this.
  for (const each of recorded) {
    const isThere = await shop.tree.holds(each.publication, each.id);
    if (!isThere) await shop.releases.markRemoved(each.id);
  }
  await shop.promotions.markTidied(id);
}

async function moveStaged(shop: Workshop, promotion: Promotion): Promise<void> {
  const { id, component, series, format } = promotion;
  const files = await shop.promotions.files(id);
  for (const target of new Set(files.map((each) => each.target))) {
    const moved = await shop.staging.moveToPromoted(
      { component, series, format, target },
      files
        .filter((each) => each.target === target)
        .map(({ file, sha256 }) => ({ name: file, sha256 })),
      id,
    );
    for (const name of moved.replaced) {
      const warning = `${name} was staged anew meanwhile, and waits for a promotion.`;
      await shop.promotions.warn(id, warning);
    }
  }
}

/** The snapshot is gone; so is what it had besides, unless a release that is kept needs it. */
async function forget({ releases, tree, builderOf }: Workshop, id: string): Promise<void> {
  const release = await releases.find(id);
  if (!release) return;
  const { publication, packages, withdrawn = [] } = release.document;
  const builder = builderOf(publication.format);
  if (!builder.forget) return;
  const kept = await keptReleases(tree, publication);
  for (const each of [packages, withdrawn]) await builder.forget(each, kept);
}
