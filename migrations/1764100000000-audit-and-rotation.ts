import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who changed what, secrets that end by a rotation, and orders for a key that came twice. */
export class AuditAndRotation1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_event (
        id         bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_event_pk PRIMARY KEY,
        at         timestamptz NOT NULL DEFAULT now(),
        actor      text        NOT NULL CONSTRAINT audit_event_actor_length CHECK (length(actor) BETWEEN 1 AND 200),
        action     text        NOT NULL,
        subject    text        NOT NULL,
        details    jsonb       NOT NULL,
        request_id text
      );
      CREATE INDEX audit_event_by_subject ON audit_event (subject, id);
      CREATE INDEX audit_event_by_time ON audit_event (at);

      CREATE FUNCTION refuse_to_rewrite_audit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'audit_event is append-only: % is refused', TG_OP;
        END
      $$;
      CREATE TRIGGER audit_event_is_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_audit();

      -- A secret that was ended at once, apart from its key: for good, whatever a clock says.
      ALTER TABLE key_secret ADD revoked_at timestamptz;

      -- With which Idempotency-Key it was asked for: an order that comes twice makes one key.
      ALTER TABLE key ADD idempotency_key text CONSTRAINT key_idempotency_key_unique UNIQUE;
      CREATE INDEX key_by_customer ON key (customer) WHERE customer IS NOT NULL;
      CREATE INDEX key_by_expiry ON key (expires_at) WHERE expires_at IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE audit_event;
      DROP FUNCTION refuse_to_rewrite_audit;
      ALTER TABLE key_secret DROP revoked_at;
      DROP INDEX key_by_customer, key_by_expiry;
      ALTER TABLE key DROP idempotency_key;
    `);
  }
}
