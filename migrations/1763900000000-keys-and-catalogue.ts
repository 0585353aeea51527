import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keys, their secrets apart from them (a rotation has two at once), the catalogue's revisions, and
 * the counter by which every process notices a change.
 */
export class KeysAndCatalogue1763900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE key (
        id         uuid        NOT NULL CONSTRAINT key_pk PRIMARY KEY,
        label      text        NOT NULL CONSTRAINT key_label_length CHECK (length(label) BETWEEN 1 AND 200),
        customer   text        CONSTRAINT key_customer_length CHECK (length(customer) BETWEEN 1 AND 200),
        components text[]      NOT NULL CONSTRAINT key_has_a_component CHECK (cardinality(components) > 0),
        expires_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz NOT NULL
      );
      CREATE INDEX key_by_age ON key (created_at DESC, id DESC);
      CREATE INDEX key_by_component ON key USING gin (components);

      -- The secret itself is nowhere: its SHA-256, and a hint to recognise it by.
      CREATE TABLE key_secret (
        hash       bytea       NOT NULL CONSTRAINT key_secret_pk PRIMARY KEY
                               CONSTRAINT key_secret_hash_is_sha256 CHECK (length(hash) = 32),
        key_id     uuid        NOT NULL CONSTRAINT key_secret_key_fk REFERENCES key (id),
        hint       text        NOT NULL,
        expires_at timestamptz,
        created_at timestamptz NOT NULL
      );
      CREATE INDEX key_secret_by_key ON key_secret (key_id);

      CREATE TABLE catalogue_revision (
        id         bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT catalogue_revision_pk PRIMARY KEY,
        document   jsonb       NOT NULL,
        created_at timestamptz NOT NULL
      );

      -- One row for each change to keys or catalogue. The counter's row is locked by the change's own
      -- transaction, so revisions commit in their order; the random token tells a revision from one of
      -- the same number in a restored dump or behind a failover.
      CREATE TABLE change_counter (
        single   boolean NOT NULL DEFAULT true CONSTRAINT change_counter_pk PRIMARY KEY
                         CONSTRAINT change_counter_has_one_row CHECK (single),
        revision bigint  NOT NULL
      );
      CREATE TABLE change (
        revision   bigint      NOT NULL CONSTRAINT change_pk PRIMARY KEY,
        token      uuid        NOT NULL DEFAULT gen_random_uuid(),
        key_ids    uuid[]      NOT NULL,
        catalogue  boolean     NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now()
      );
      INSERT INTO change_counter (revision) VALUES (0);
      INSERT INTO change (revision, key_ids, catalogue) VALUES (0, '{}', false);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE change, change_counter, catalogue_revision, key_secret, key');
  }
}
