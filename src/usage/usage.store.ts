import type { DataSource } from 'typeorm';
import type { UsageBatch, UsageSink } from './usage-writer.js';

/** How much a key was used on one day. */
export interface UsageOfDay {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly requests: number;
  readonly by: readonly {
    readonly component: string;
    readonly format: string;
    readonly requests: number;
  }[];
}

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

  /** Every day from one to another, both included (`YYYY-MM-DD`), whether the key was used on it or not. */
  async daily(keyId: string, from: string, to: string): Promise<UsageOfDay[]> {
    return this.dataSource.query<UsageOfDay[]>(DAILY, [keyId, from, to]);
  }
}

const DAILY = `
  SELECT to_char(series.day, 'YYYY-MM-DD') AS day, coalesce(sum(requests), 0)::float8 AS requests,
    coalesce(
      json_agg(json_build_object('component', component, 'format', format, 'requests', requests)
        ORDER BY component, format) FILTER (WHERE component IS NOT NULL),
      '[]') AS by
   FROM generate_series($2::date, $3::date, interval '1 day') AS series (day)
   LEFT JOIN key_usage ON key_usage.key_id = $1 AND key_usage.day = series.day::date
  GROUP BY series.day ORDER BY series.day`;

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
