import { EventEmitter, once } from 'node:events';

/** `state`: it was ordered, waits for something else, or has ended. `change`: anything else, such as a signature that came. */
type News = 'state' | 'change';

/**
 * Says in this process that something of a promotion has changed, so that who waits for it need not wait
 * for the next look. It saves time and nothing else: what another process changes is found by looking.
 */
export class PromotionNews {
  private readonly states = new EventEmitter();
  /** Each event is called by the id of its promotion. */
  private readonly changes = new EventEmitter().setMaxListeners(0);

  tell(promotion: string, what: News): void {
    if (what === 'state') this.states.emit('state');
    this.changes.emit(promotion);
  }

  /** Of any promotion. @returns what ends it */
  onState(hear: () => void): () => void {
    this.states.on('state', hear);
    return () => this.states.off('state', hear);
  }

  /** Until something of it changes, and so many milliseconds at most; not at all once the signal is given. */
  async change(promotion: string, atMost: number, signal: AbortSignal): Promise<void> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(atMost)]);
    await once(this.changes, promotion, { signal: until }).catch(() => undefined);
  }
}
