import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../common/clock.js';
import type { OutcomeCount, OutcomeCounter } from './outcome-counter.js';
import type { KeyUsage, UsageCounter } from './usage-counter.js';

/** Milliseconds: what a crash can lose. */
const FLUSH_INTERVAL = 10_000;
const ROWS_IN_A_BATCH = 20_000;

/** Counts to be added, once: a batch that was sent before has no effect. */
export interface UsageBatch {
  /** The process that counted. */
  readonly writer: string;
  /** Rises with each batch of this writer. */
  readonly number: number;
  readonly keys: readonly KeyUsage[];
  readonly outcomes: readonly OutcomeCount[];
}

/** Where batches are written. */
export interface UsageSink {
  /** Adds a batch, unless it is there already. */
  add(batch: UsageBatch): Promise<void>;
}

/**
 * Writes what was counted, in batches. Counting goes on meanwhile and never waits. A batch whose writing
 * failed is kept and sent again under its number, until the database says that it has it.
 */
export class UsageWriter {
  private readonly writer = randomUUID();
  private batches = 0;
  private unconfirmed: UsageBatch | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly usage: UsageCounter,
    private readonly outcomes: OutcomeCounter,
    private readonly sink: UsageSink,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.flush(), FLUSH_INTERVAL);
  }

  /** Writes what is left: a clean stop loses nothing that the database will take. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    this.closeInterval();
    await this.write();
  }

  /** Ends the interval, and begins to write unless the last time still has not come to an end. */
  flush(): void {
    this.closeInterval();
    this.writing ??= this.write().finally(() => (this.writing = undefined));
  }

  private closeInterval(): void {
    const now = this.clock.now();
    this.usage.close(now);
    this.outcomes.close(now);
  }

  private async write(): Promise<void> {
    while ((this.unconfirmed ??= this.nextBatch())) {
      try {
        await this.sink.add(this.unconfirmed);
        this.unconfirmed = undefined;
      } catch (error) {
        this.logger.warn(
          { err: error, waiting: this.usage.waiting },
          'cannot write usage; it is kept',
        );
        return;
      }
    }
  }

  private nextBatch(): UsageBatch | undefined {
    const keys = this.usage.take(ROWS_IN_A_BATCH);
    const outcomes = this.outcomes.take();
    if (keys.length === 0 && outcomes.length === 0) return undefined;
    return { writer: this.writer, number: ++this.batches, keys, outcomes };
  }
}
