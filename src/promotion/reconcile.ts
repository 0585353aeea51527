import type { Logger } from 'pino';
import { deliverLive } from './deliver-live.js';
import { publicationName } from './publication.js';
import type { Workshop } from './workshop.js';

/**
 * Brings the rows of releases and publications in line with the published tree, whose links are the truth:
 * after a crash between a switch and its record, and after a dump of the database that is older than the tree.
 * What serves clients besides the tree is brought in line too.
 */
export async function reconcile(shop: Workshop, logger: Logger): Promise<void> {
  await shop.tree.prepare();
  for (const publication of await shop.tree.publications()) {
    const name = publicationName(publication);
    try {
      const found = await shop.tree.releases(publication);
      for (const each of found) {
        if ('problem' in each) {
          logger.error({ publication: name, release: each.id }, `a release: ${each.problem}`);
        }
      }
      const documents = found.flatMap((each) => ('document' in each ? [each.document] : []));
      const live = await shop.tree.liveRelease(publication);
      await shop.promotions.adopt(name, documents, live);
      await deliverLive(shop.tree, shop.builderOf(publication.format), publication);
    } catch (error) {
      // Promotions of the others go on.
      logger.error({ publication: name, err: error }, 'a publication cannot be read');
    }
  }
}
