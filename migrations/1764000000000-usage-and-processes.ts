import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What keys were used for, how requests were answered, and which processes decide. */
export class UsageAndProcesses1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE key_usage (
        key_id       uuid        NOT NULL CONSTRAINT key_usage_key_fk REFERENCES key (id),
        day          date        NOT NULL,
        component    text        NOT NULL,
        format       text        NOT NULL,
        requests     bigint      NOT NULL,
        last_used_at timestamptz NOT NULL,
        CONSTRAINT key_usage_pk PRIMARY KEY (key_id, day, component, format)
      );

      CREATE TABLE access_outcome (
        hour     timestamptz NOT NULL,
        status   text        NOT NULL,
        reason   text        NOT NULL,
        format   text        NOT NULL,
        requests bigint      NOT NULL,
        CONSTRAINT access_outcome_pk PRIMARY KEY (hour, status, reason, format)
      );

      -- The number of the last batch of counts from each process: one whose answer was lost is sent
      -- again, and counted once.
      CREATE TABLE usage_writer (
        id         uuid        NOT NULL CONSTRAINT usage_writer_pk PRIMARY KEY,
        batch      bigint      NOT NULL,
        written_at timestamptz NOT NULL
      );

      -- The processes that decide, and the change that each has last taken into use.
      CREATE TABLE auth_process (
        id            uuid        NOT NULL CONSTRAINT auth_process_pk PRIMARY KEY,
        revision      bigint      NOT NULL,
        max_staleness integer     NOT NULL,
        seen_at       timestamptz NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE auth_process, usage_writer, access_outcome, key_usage');
  }
}
