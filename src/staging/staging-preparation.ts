import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../common/logger.js';
import { StagingStore } from './staging-store.js';

/** Milliseconds between two tries. */
const PAUSE = 5_000;

/**
 * Makes the staging folder or bucket, in the processes with an admin listener. A staging server that starts later, or
 * is down for now, keeps nothing else from starting: it is tried again until it answers.
 */
@Injectable()
export class StagingPreparation {
  private readonly stopped = new AbortController();
  private running?: Promise<void>;

  constructor(
    private readonly store: StagingStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(pause = PAUSE): void {
    this.running ??= this.run(pause);
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(pause: number): Promise<void> {
    for (let last = ''; !this.stopped.signal.aborted;) {
      try {
        await this.store.prepare();
        await this.store.check();
        this.logger.info('staging is ready');
        return;
      } catch (error) {
        const { message } = error as Error;
        if (message !== last) this.logger.error({ err: error }, message);
        last = message;
      }
      await wait(pause, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
  }
}
