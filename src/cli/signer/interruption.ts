import { PromotionFailure } from '../cli-error.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The wish to stop, as a person or a runner says it. The first signal is heeded: what was ordered is cancelled, and the
 * key is removed. More of the same change nothing, so that neither is cut off.
 */
export class Interruption {
  private readonly stop = new AbortController();
  private readonly heed = () =>
    this.stop.abort(
      new PromotionFailure(
        130,
        'INTERRUPTED',
        'Interrupted. What was ordered is cancelled, unless it is live.',
      ),
    );

  static watch(): Interruption {
    const interruption = new Interruption();
    for (const signal of SIGNALS) process.on(signal, interruption.heed);
    return interruption;
  }

  get signal(): AbortSignal {
    return this.stop.signal;
  }

  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.heed);
  }
}
