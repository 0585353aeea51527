import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Author } from '../audit/audit-event.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { CatalogueView } from '../components/catalogue-view.js';
import { restoredSet, withdrawnSet, type NextSet } from './next-set.js';
import { isUnderWay, type Promotion, type PromotionRequest } from './promotion.js';
import { PromotionStore, type PromotionFilter, type QueuedPromotion } from './promotion.store.js';
import {
  publicationName,
  publicationOf,
  promotionTargets,
  type Destination,
} from './publication.js';
import type { ReleaseKind, ReleasePackage } from './release.js';
import { isReleaseId } from './tree/tree-layout.js';
import { ReleaseStore, type RecordedRelease } from './release.store.js';

/** A rollback or withdrawal that was ordered, and what it will do. */
export interface OrderedChange {
  readonly promotion: Promotion;
  readonly change: NextSet;
}

/** Promotions, rollbacks and withdrawals as an operator orders them; `PromotionWorker` does the work. */
@Injectable()
export class PromotionsService {
  constructor(
    private readonly promotions: PromotionStore,
    private readonly releases: ReleaseStore,
    private readonly components: CatalogueView,
    private readonly clock: Clock,
  ) {}

  /**
   * @param request its `keep` is a retention
   * @throws DomainError UNKNOWN_COMPONENT, UNKNOWN_TARGET
   */
  async promote(
    destination: Destination,
    request: Pick<PromotionRequest, 'keep'>,
    author: Author,
  ): Promise<Promotion> {
    this.requireKnown(destination);
    return this.order('promotion', destination, request, author);
  }

  /**
   * Brings back what a target held when a release was live; by default the target of the promotion that
   * made the release.
   * @throws DomainError RELEASE_NOT_FOUND, RELEASE_REMOVED, PACKAGE_WITHDRAWN, NOTHING_TO_CHANGE
   */
  async rollBack(
    { release: id, target }: { release: string; target?: string },
    author: Author,
  ): Promise<OrderedChange> {
    const { document, publication } = await this.kept(id);
    const destination = { ...document.publication, target: target ?? document.target };
    this.requireKnown(destination);
    const live = await this.releases.live(publication);
    const later = await this.releases.after(publication, id);
    const change = restoredSet(live?.packages ?? [], document, destination.target, later);
    const promotion = await this.order('rollback', destination, { release: id }, author);
    return { promotion, change };
  }

  /**
   * Takes packages out of what is live.
   * @param release one of the publication: the live one, or an earlier one that held them
   * @throws DomainError RELEASE_NOT_FOUND, PACKAGE_NOT_LIVE; IMAGE_LIVE for the image that a series names now
   */
  async withdraw(
    { release: id, packages, now }: { release: string; packages: readonly string[]; now: boolean },
    author: Author,
  ): Promise<OrderedChange> {
    const { document, publication } = await this.release(id);
    const live = await this.releases.live(publication);
    const { format } = document.publication;
    const change = withdrawnSet(format, live?.packages ?? [], document, packages);
    const [first] = change.removed as [ReleasePackage];
    const destination = { ...document.publication, target: first.target };
    const paths = change.removed.map(({ path }) => path);
    const promotion = await this.order(
      'withdrawal',
      destination,
      { release: id, packages: paths, now },
      author,
    );
    return { promotion, change };
  }

  list(
    filter: PromotionFilter,
    page: { limit: number; before?: string },
  ): Promise<QueuedPromotion[]> {
    return this.promotions.list(filter, page);
  }

  /** @throws DomainError PROMOTION_NOT_FOUND */
  async get(id: string): Promise<Promotion> {
    const promotion = await this.promotions.find(id);
    if (promotion) return promotion;
    throw new DomainError(
      'PROMOTION_NOT_FOUND',
      `There is no promotion ${id}. GET /api/v1/promotions lists those there are.`,
    );
  }

  /**
   * Asks for the end of a promotion, which comes at the next moment at which it can: not once it is live.
   * @param reason for who looks at it later, at most 500 characters
   * @throws DomainError PROMOTION_NOT_FOUND, PROMOTION_FINISHED
   */
  async cancel(id: string, author: Author, reason?: string): Promise<Promotion> {
    const promotion = await this.get(id);
    const isAsked =
      isUnderWay(promotion.state) && (await this.promotions.requestCancel(id, author, reason));
    if (isAsked) {
      await this.promotions.cancelQueued(promotion); // nobody works on it who could do that
      return this.get(id);
    }
    throw new DomainError(
      'PROMOTION_FINISHED',
      `The promotion ${id} is ${promotion.state}: there is nothing to cancel. What is live is undone with POST /api/v1/rollbacks.`,
    );
  }

  /** @throws DomainError RELEASE_NOT_FOUND */
  async release(id: string): Promise<RecordedRelease> {
    const release = isReleaseId(id) ? await this.releases.find(id) : undefined;
    if (release) return release;
    throw new DomainError(
      'RELEASE_NOT_FOUND',
      `There is no release ${id}. GET /api/v1/releases lists those there are.`,
    );
  }

  listReleases(
    filter: Partial<Destination>,
    page: { limit: number; before?: string },
  ): Promise<RecordedRelease[]> {
    return this.releases.list(filter, page);
  }

  private async kept(id: string): Promise<RecordedRelease> {
    const release = await this.release(id);
    if (!release.removedAt) return release;
    throw new DomainError(
      'RELEASE_REMOVED',
      `The release ${id} was removed at ${release.removedAt.toISOString()}: its packages are no longer kept. ` +
        'GET /api/v1/releases shows which are.',
    );
  }

  private async order(
    kind: ReleaseKind,
    { component, series, format, target }: Destination,
    request: PromotionRequest,
    author: Author,
  ): Promise<Promotion> {
    const destination = { component, series, format, target };
    const id = randomUUID();
    const publication = publicationName(publicationOf(destination));
    const createdAt = this.clock.now();
    await this.promotions.insert(
      { ...destination, id, kind, publication, createdAt },
      request,
      author,
    );
    return this.get(id);
  }

  /** @throws DomainError UNKNOWN_COMPONENT, UNKNOWN_TARGET */
  private requireKnown({ component: name, series, format, target }: Destination): void {
    const { catalogue } = this.components;
    const component = catalogue.component(name);
    if (!component) {
      const known = catalogue.components.map((each) => each.name);
      throw new DomainError(
        'UNKNOWN_COMPONENT',
        `There is no component "${name}". The catalogue has: ${known.join(', ')}.`,
        { unknown: [name], known },
      );
    }
    const targets = promotionTargets(component, format);
    if (!component.series.includes(series)) throw unknown('series', series, component.series, name);
    if (targets.length === 0) throw unknown('format', format, formatsOf(component), name);
    if (!targets.includes(target)) throw unknown('target', target, targets, name);
  }
}

function formatsOf(component: { rpm?: object; deb?: object; oci?: object }): string[] {
  return (['rpm', 'deb', 'oci'] as const).filter((format) => component[format]);
}

function unknown(
  field: string,
  value: string,
  known: readonly string[],
  component: string,
): DomainError {
  return new DomainError(
    'UNKNOWN_TARGET',
    `The component ${component} has no ${field} "${value}". The catalogue has: ${known.join(', ')}.`,
    { field, known },
  );
}
