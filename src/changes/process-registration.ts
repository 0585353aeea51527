import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Queryable } from './followed-view.js';

/** Milliseconds. */
const HEARTBEAT = 5_000;

/**
 * Seconds by which a process may be allowing longer than its bound after it was last seen: it is seen
 * once a heartbeat, and a heartbeat is at most so old when the views are confirmed.
 */
export const SEEN_MARGIN = HEARTBEAT / 1000 + 1;

/**
 * How the other processes know that this one decides, and by which change. It is announced before the
 * views are ever confirmed, so whoever commits a change later knows of every process that may not have it.
 */
export class ProcessRegistration {
  private readonly id = randomUUID();
  /** On the monotonic clock. */
  private announcedAt = -Infinity;

  /** @param maxStaleness seconds */
  constructor(private readonly maxStaleness: number) {}

  get isDue(): boolean {
    return performance.now() - this.announcedAt >= HEARTBEAT;
  }

  /** @param revision the change that this process has last taken into use */
  async announce(db: Queryable, revision: string): Promise<void> {
    const announcedAt = performance.now();
    await db.query(
      `INSERT INTO auth_process (id, revision, max_staleness, seen_at) VALUES ($1, $2, $3, now())
       ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, seen_at = excluded.seen_at`,
      [this.id, revision, this.maxStaleness],
    );
    this.announcedAt = announcedAt;
  }

  /** This process decides no longer; with it go those that ended without saying so long ago. */
  async withdraw(db: Queryable): Promise<void> {
    await db.query(`DELETE FROM auth_process WHERE id = $1 OR seen_at < now() - interval '1 day'`, [
      this.id,
    ]);
  }
}
