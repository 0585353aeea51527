import type { DataSource } from 'typeorm';
import type { UsageBatch, UsageSink } from './usage-writer.js';

/** Where usage is kept. */
export class UsageStore implements UsageSink {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Adds a batch in one statement. If its answer is lost it may be sent again: the number tells the
   * database whether it has it. Rows are written in order, so that two processes never wait for each other.
   */
  async add({ writer, number, keys, outcomes }: UsageBatch): Promise<void> {
    // A process without the admin API uses the pool for this alone.
    if (!this.dataSource.isInitialized) await this.dataSource.initialize();
    await this.dataSource.query(ADD, [
      writer,
      number,
      keys.map(({ keyId }) => keyId),
      keys.map(({ day }) => day),
      keys.map(({ component }) => component),
      keys.map(({ format }) => format),
      keys.map(({ requests }) => requests),
      keys.map(({ lastUsedAt }) => lastUsedAt),
      outcomes.map(({ hour }) => hour),
      outcomes.map(({ status }) => status),
      outcomes.map(({ reason }) => reason),
      outcomes.map(({ format }) => format),
      outcomes.map(({ requests }) => requests),
    ]);
  }
}

const ADD = `
  WITH batch AS (
    INSERT INTO usage_writer AS known (id, batch, written_at) VALUES ($1, $2, now())
    ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, written_at = excluded.written_at
      WHERE known.batch < excluded.batch
    RETURNING id
  ), by_key AS (
    INSERT INTO key_usage AS known (key_id, day, component, format, requests, last_used_at)
    SELECT usage.* FROM batch,
      unnest($3::uuid[], $4::date[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[])
        AS usage (key_id, day, component, format, requests, last_used_at)
     WHERE EXISTS (SELECT FROM key WHERE key.id = usage.key_id)
     ORDER BY 1, 2, 3, 4
    ON CONFLICT (key_id, day, component, format) DO UPDATE SET
      requests = known.requests + excluded.requests,
      last_used_at = greatest(known.last_used_at, excluded.last_used_at)
  )
  INSERT INTO access_outcome AS known (hour, status, reason, format, requests)
  SELECT outcome.* FROM batch,
    unnest($9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::bigint[])
      AS outcome (hour, status, reason, format, requests)
   ORDER BY 1, 2, 3, 4
  ON CONFLICT (hour, status, reason, format) DO UPDATE SET requests = known.requests + excluded.requests`;
