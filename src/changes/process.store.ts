import type { DataSource } from 'typeorm';
import { SEEN_MARGIN } from './process-registration.js';

/** What is known of the processes that decide. */
export class ProcessStore {
  constructor(private readonly dataSource: DataSource) {}

  async newestRevision(): Promise<string> {
    const [row] = await this.dataSource.query<{ revision: string }[]>(
      'SELECT revision::text FROM change_counter',
    );
    return (row as { revision: string }).revision;
  }

  /**
   * Of the processes that may still allow something without this change: the longest time in seconds
   * that one of them can. Undefined when every process has confirmed the change.
   */
  async unconfirmed(revision: string): Promise<number | undefined> {
    const [row] = await this.dataSource.query<{ at_most: number | null }[]>(
      `SELECT max(max_staleness) AS at_most FROM auth_process
        WHERE revision < $1 AND seen_at > now() - make_interval(secs => max_staleness + $2)`,
      [revision, SEEN_MARGIN],
    );
    return row?.at_most ?? undefined;
  }
}
