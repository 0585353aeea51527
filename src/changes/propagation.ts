import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeFeed } from './change-feed.js';
import type { ProcessStore } from './process.store.js';

/** Milliseconds for which an answer waits for the other processes. */
const PATIENCE = 2_000;
const INTERVAL = 20;

/** Is a change in force in every process, or else within how many seconds at most? */
export type PropagationOutcome =
  { readonly confirmed: true } | { readonly confirmed: false; readonly atMost: number };

/** Sees a change that was just committed take effect, here and elsewhere. */
export class Propagation {
  constructor(
    private readonly feed: ChangeFeed,
    private readonly processes: ProcessStore,
    /** Seconds. */
    private readonly maxStaleness: number,
  ) {}

  /**
   * When this resolves, what was committed before the call is in force in this process. It waits for the
   * others to confirm it, for 2 s at most, and never fails: the change is made, whoever has confirmed it.
   */
  async settle(): Promise<PropagationOutcome> {
    const givenUpAt = performance.now() + PATIENCE;
    await this.feed.catchUp();
    try {
      const revision = await this.processes.newestRevision();
      for (;;) {
        const atMost = await this.processes.unconfirmed(revision);
        if (atMost === undefined) return { confirmed: true };
        if (performance.now() > givenUpAt) return { confirmed: false, atMost };
        await sleep(INTERVAL);
      }
    } catch {
      return { confirmed: false, atMost: this.maxStaleness }; // nobody can be asked
    }
  }
}
