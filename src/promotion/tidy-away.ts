import { isUnderWay, type Promotion } from './promotion.js';
import { publicationOf } from './publication.js';
import type { Workshop } from './workshop.js';

/** Days for which what was live stays, whatever else is kept: a client may be in the middle of a transaction. */
const GRACE_DAYS = 14;

/**
 * What is left to do once a promotion has ended: what was staged moves to `promoted/`, what failed leaves
 * no trace, and releases that nobody needs any more go. It may be run again after a crash.
 */
export async function tidyAway(shop: Workshop, promotion: Promotion): Promise<void> {
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
  const { releases } = await shop.tree.prune({
    keepReleases: shop.releasesKept,
    graceDays: GRACE_DAYS,
    isNeeded: (_publication, id) => wanted.has(id),
    isUnderWay: async (promotionId) => {
      const other = await shop.promotions.find(promotionId);
      return other !== undefined && isUnderWay(other.state);
    },
  });
  for (const name of releases)
    await shop.releases.markRemoved(name.slice(name.lastIndexOf('/') + 1));
  await shop.promotions.markTidied(id);
}

async function moveStaged(shop: Workshop, promotion: Promotion): Promise<void> {
  const { id, component, series, format, target } = promotion;
  const files = await shop.promotions.files(id);
  const moved = await shop.staging.moveToPromoted(
    { component, series, format, target },
    files.map(({ file, sha256 }) => ({ name: file, sha256 })),
    id,
  );
  for (const name of moved.replaced) {
    await shop.promotions.warn(id, `${name} was staged anew meanwhile, and waits for a promotion.`);
  }
}
