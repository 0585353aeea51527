import { isUnderWay, type PromotionEvent } from './promotion.js';
import type { PromotionNews } from './promotion-news.js';
import type { PromotionStore } from './promotion.store.js';

/** Milliseconds after which what another process did is seen: what a person takes for at once. */
const INTERVAL = 200;

/** What happened to a promotion, as it happens, whichever process runs it. */
export class PromotionEvents {
  constructor(
    private readonly promotions: PromotionStore,
    private readonly news: PromotionNews,
  ) {}

  /** Ends with the promotion, or when the signal says that nobody listens. @param after the last event that is known */
  async *follow(id: string, after: string, signal: AbortSignal): AsyncGenerator<PromotionEvent> {
    let last = after;
    for (;;) {
      // Looked at first: what happened before it ended is all there then.
      const promotion = await this.promotions.find(id);
      const ended = !promotion || !isUnderWay(promotion.state);
      const events = await this.promotions.events(id, last);
      for (const event of events) yield event;
      last = events.at(-1)?.id ?? last;
      if (signal.aborted || (ended && events.length === 0)) return;
      if (events.length === 0) await this.news.change(id, INTERVAL, signal);
    }
  }
}
