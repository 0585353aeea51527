import type { Logger } from 'pino';
import { DomainError } from '../common/domain-error.js';
import { isDatabaseUnavailable } from '../database/is-database-unavailable.js';
import type { Promotion } from './promotion.js';
import { publicationOf } from './publication.js';
import { PromotionRun } from './promotion-run.js';
import { reconcile } from './reconcile.js';
import { LockLost, PublicationLock } from './publication-lock.js';
import { tidyAway } from './tidy-away.js';
import type { Workshop } from './workshop.js';

/** Milliseconds between two looks for what other processes ordered, and for a wish to cancel. */
const INTERVAL = 500;
/** Milliseconds for which a publication rests after its work was cut off: what was in the way may still be there. */
const REST = 5_000;

/** Why a run is given up before its end. */
class GivenUp extends Error {
  constructor(readonly reason: 'cancelled' | 'stopping') {
    super(reason);
  }
}

/**
 * Does the work that promotions ask for: of each publication one at a time, in the order in which they
 * were ordered, whichever process gets the publication's lock. What another process left unfinished is
 * taken up; a promotion that it was in the middle of goes on.
 */
export class PromotionWorker {
  private readonly running = new Map<string, { stop: AbortController; ended: Promise<void> }>();
  /** Until when, on the monotonic clock. */
  private readonly resting = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe = () => undefined as void;
  private stopped = false;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly shop: Workshop,
    private readonly databaseUrl: string,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.look(), INTERVAL);
    this.unsubscribe = this.shop.news.onState(() => this.look());
    this.looking = reconcile(this.shop, this.logger)
      .catch((error: unknown) =>
        this.logger.error({ err: error }, 'cannot read the published tree'),
      )
      .finally(() => (this.looking = undefined));
  }

  /** Gives up what is under way; the next start goes on with it. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    this.unsubscribe();
    await this.looking;
    for (const { stop } of this.running.values()) stop.abort(new GivenUp('stopping'));
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
  }

  private look(): void {
    if (this.stopped) return;
    this.looking ??= this.takeUpWork()
      .catch((error: unknown) => this.logger.warn({ err: error }, 'cannot look for promotions'))
      .finally(() => (this.looking = undefined));
  }

  private async takeUpWork(): Promise<void> {
    const waiting = [
      ...(await this.shop.promotions.untidied()),
      ...(await this.shop.promotions.next()),
    ];
    for (const promotion of waiting) {
      const { publication } = promotion;
      const rests = (this.resting.get(publication) ?? 0) > performance.now();
      if (rests || this.running.has(publication)) continue;
      const lock = await PublicationLock.tryAcquire(this.databaseUrl, publication);
      if (lock) this.workOn(promotion, lock);
    }
  }

  private workOn(promotion: Promotion, lock: PublicationLock): void {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, lock.lost]);
    const ended = this.advance(promotion, signal, stop)
      .catch((error: unknown) => {
        // The journal has it: this or another process takes it up again.
        this.resting.set(promotion.publication, performance.now() + REST);
        this.logger.warn({ promotion: promotion.id, err: error }, 'a promotion was cut off');
      })
      .finally(async () => {
        await lock.release();
        this.running.delete(promotion.publication);
        this.look(); // the next one of this publication may wait already
      });
    this.running.set(promotion.publication, { stop, ended });
  }

  /** From where it is to its end; then what is left of it is tidied away. */
  private async advance(
    { id }: Promotion,
    signal: AbortSignal,
    stop: AbortController,
  ): Promise<void> {
    // It may have gone on since it was looked at, in another process.
    const promotion = await this.shop.promotions.find(id);
    if (!promotion) return;
    if (promotion.finishedAt) return tidyAway(this.shop, promotion, this.logger);

    const watch = setInterval(() => {
      void this.shop.promotions.isCancelRequested(id).then(
        (wanted) => wanted && stop.abort(new GivenUp('cancelled')),
        () => undefined, // it is asked again
      );
    }, INTERVAL);
    try {
      const isUnwanted = await this.shop.promotions.isCancelRequested(id);
      if (isUnwanted) stop.abort(new GivenUp('cancelled'));
      const isMine = await this.shop.promotions.enter(id, 'running'); // not where it has ended meanwhile
      if (isMine) await new PromotionRun(this.shop, promotion, signal).run();
    } catch (error) {
      await this.conclude(promotion, error);
    } finally {
      clearInterval(watch);
    }
    const after = await this.shop.promotions.find(id);
    if (after?.finishedAt) await tidyAway(this.shop, after, this.logger);
  }

  /**
   * The link is the truth: what failed behind the rename did not keep the release from being live.
   * @throws the error where it still has to be delivered: it stays under way, and is taken up again until it is
   */
  private async recordedLive({ id }: Promotion, error: unknown): Promise<boolean> {
    const { promotions, tree, clock, builderOf } = this.shop;
    const promotion = await promotions.find(id);
    if (!promotion?.release) return false;
    const publication = publicationOf(promotion);
    const live = await tree.liveRelease(publication).catch(() => undefined);
    if (live !== promotion.release || promotion.finishedAt) return false;
    if (builderOf(promotion.format).deliver) {
      if (error instanceof DomainError) await this.warnOnce(promotion, notDelivered(error));
      throw error;
    }
    await promotions.recordLive(promotion, await tree.documentOf(publication, live), clock.now());
    return true;
  }

  private async warnOnce({ id, warnings }: Promotion, warning: string): Promise<void> {
    if (!warnings.includes(warning)) await this.shop.promotions.warn(id, warning);
  }

  /** What a run that threw comes to. @throws what it threw, where it can go on later */
  private async conclude(promotion: Promotion, error: unknown): Promise<void> {
    if (await this.recordedLive(promotion, error)) return;
    if (error instanceof GivenUp && error.reason === 'cancelled') {
      return this.shop.promotions.cancel(promotion);
    }
    const goesOnLater = error instanceof GivenUp || error instanceof LockLost;
    if (goesOnLater || isDatabaseUnavailable(error)) throw error;
    if (error instanceof DomainError) {
      const { code, message } = error;
      this.logger.info({ promotion: promotion.id, code }, 'a promotion failed');
      return this.shop.promotions.fail(promotion, { code, message });
    }
    this.logger.error({ promotion: promotion.id, err: error }, 'a promotion failed');
    await this.shop.promotions.fail(promotion, {
      code: 'INTERNAL_ERROR',
      message: `This is a fault of ours. The log has it with the promotion ${promotion.id}.`,
    });
  }
}

function notDelivered({ message }: DomainError): string {
  return `It is live, and not delivered yet; this is tried until it succeeds. ${message}`;
}
