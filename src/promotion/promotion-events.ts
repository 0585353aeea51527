import { setTimeout as sleep } from 'node:timers/promises';
import { isUnderWay, type PromotionEvent } from './promotion.js';
import type { PromotionStore } from './promotion.store.js';

/** Milliseconds between two looks: what a person takes for at once. */
const INTERVAL = 200;

/** What happened to a promotion, as it happens, whichever process runs it. */
export class PromotionEvents {
  constructor(private readonly promotions: PromotionStore) {}

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
      if (events.length === 0) await sleep(INTERVAL);
    }
  }
}
