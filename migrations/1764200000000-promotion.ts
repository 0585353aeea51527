import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Promotions with their journal, what they wait for, and the releases that they made. */
export class Promotion1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE promotion (
        id             uuid        NOT NULL CONSTRAINT promotion_pk PRIMARY KEY,
        kind           text        NOT NULL CONSTRAINT promotion_kind_known CHECK (kind IN ('promotion', 'rollback', 'withdrawal')),
        publication    text        NOT NULL,
        component      text        NOT NULL,
        series         text        NOT NULL,
        format         text        NOT NULL,
        target         text        NOT NULL,
        -- Of a rollback the release that it brings back; of a withdrawal what it takes away, and how.
        request        jsonb       NOT NULL,
        state          text        NOT NULL CONSTRAINT promotion_state_known
          CHECK (state IN ('queued', 'running', 'awaiting_signatures', 'live', 'failed', 'cancelled')),
        -- Rises with each order: the queue of a publication.
        place          bigint      GENERATED ALWAYS AS IDENTITY,
        base           text,
        release        text,
        error          jsonb,
        warnings       jsonb       NOT NULL DEFAULT '[]',
        actor          text        NOT NULL,
        created_at     timestamptz NOT NULL,
        finished_at    timestamptz,
        -- When a signer last looked for something to sign.
        signer_seen_at timestamptz,
        cancelled_by   jsonb,
        -- False while something of an ended promotion is still to be tidied away.
        tidied         boolean     NOT NULL DEFAULT false
      );
      CREATE INDEX promotion_by_place ON promotion (place DESC);
      CREATE INDEX promotion_under_way ON promotion (publication, place)
        WHERE state IN ('queued', 'running', 'awaiting_signatures');
      CREATE INDEX promotion_untidy ON promotion (place) WHERE NOT tidied;

      CREATE TABLE promotion_step (
        promotion_id uuid        NOT NULL CONSTRAINT promotion_step_promotion_fk REFERENCES promotion (id),
        name         text        NOT NULL,
        started_at   timestamptz NOT NULL,
        finished_at  timestamptz,
        done         integer     NOT NULL DEFAULT 0,
        total        integer,
        CONSTRAINT promotion_step_pk PRIMARY KEY (promotion_id, name)
      );

      -- The frozen set.
      CREATE TABLE promotion_file (
        promotion_id uuid   NOT NULL CONSTRAINT promotion_file_promotion_fk REFERENCES promotion (id),
        file         text   NOT NULL,
        target       text   NOT NULL,
        size         bigint NOT NULL,
        sha256       text   NOT NULL,
        -- What it was found to be, once it was looked into.
        content      jsonb,
        CONSTRAINT promotion_file_pk PRIMARY KEY (promotion_id, target, file)
      );

      CREATE TABLE signing_request (
        promotion_id   uuid        NOT NULL CONSTRAINT signing_request_promotion_fk REFERENCES promotion (id),
        n              integer     NOT NULL,
        form           text        NOT NULL,
        -- What is to be signed and where the signature goes, in the promotion's work folder.
        path           text        NOT NULL,
        signature_path text        NOT NULL,
        sha256         text        NOT NULL,
        requested_at   timestamptz NOT NULL,
        signature      bytea,
        signed_at      timestamptz,
        CONSTRAINT signing_request_pk PRIMARY KEY (promotion_id, n)
      );

      CREATE TABLE promotion_event (
        id           bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT promotion_event_pk PRIMARY KEY,
        promotion_id uuid        NOT NULL CONSTRAINT promotion_event_promotion_fk REFERENCES promotion (id),
        at           timestamptz NOT NULL,
        type         text        NOT NULL,
        data         jsonb       NOT NULL
      );
      CREATE INDEX promotion_event_by_promotion ON promotion_event (promotion_id, id);

      -- What is in the snapshots' release.json: from there these rows can be made again.
      CREATE TABLE release (
        id          text        NOT NULL CONSTRAINT release_pk PRIMARY KEY,
        publication text        NOT NULL,
        component   text        NOT NULL,
        series      text        NOT NULL,
        format      text        NOT NULL,
        target      text        NOT NULL,
        created_at  timestamptz NOT NULL,
        document    jsonb       NOT NULL,
        -- When its snapshot was removed; the row stays, as the record of what was live when.
        removed_at  timestamptz
      );
      CREATE INDEX release_by_publication ON release (publication, id DESC);

      -- The link in the published tree is the truth; this follows it.
      CREATE TABLE publication (
        name         text        NOT NULL CONSTRAINT publication_pk PRIMARY KEY,
        live_release text        NOT NULL CONSTRAINT publication_release_fk REFERENCES release (id),
        switched_at  timestamptz NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE publication, release, promotion_event, signing_request, promotion_file, promotion_step, promotion`,
    );
  }
}
