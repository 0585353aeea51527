import type { Change } from '../changes/change.store.js';
import type { FollowedView, Queryable } from '../changes/followed-view.js';
import { Catalogue, type CatalogueDocument } from './catalogue.js';

const NEWEST_REVISION = 'SELECT document FROM catalogue_revision ORDER BY id DESC LIMIT 1';

/** The catalogue as the database has it, held in memory and kept in step by the change feed. */
export class CatalogueView implements FollowedView {
  private current = new Catalogue({ components: [] });

  get catalogue(): Catalogue {
    return this.current;
  }

  async load(db: Queryable): Promise<() => void> {
    const { rows } = await db.query<{ document: CatalogueDocument }>(NEWEST_REVISION);
    const catalogue = new Catalogue(rows[0]?.document ?? { components: [] });
    return () => {
      this.current = catalogue;
    };
  }

  async follow(db: Queryable, { catalogue }: Change): Promise<void> {
    if (!catalogue) return;
    const takeIntoUse = await this.load(db);
    takeIntoUse();
  }
}
