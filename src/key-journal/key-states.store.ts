import type { EntityManager } from 'typeorm';
import type { JournaledEvent, KeyState } from './journal-entry.js';

/** A change that the database has. */
export interface ChangeRow {
  readonly revision: string;
  readonly token: string;
  readonly key_ids: readonly string[];
}

/** The changes after this one, the oldest first; null where the database has forgotten some of them. */
export async function changesSince(
  manager: EntityManager,
  revision: bigint,
): Promise<readonly ChangeRow[] | null> {
  const rows = await manager.query<ChangeRow[]>(
    `SELECT revision::text, token, key_ids::text[] FROM change WHERE revision > $1 ORDER BY change.revision`,
    [revision.toString()],
  );
  const [oldest] = rows;
  return oldest && BigInt(oldest.revision) > revision + 1n ? null : rows;
}

/** These keys, as the transaction sees them. */
export function readKeyStates(manager: EntityManager, ids: readonly string[]): Promise<KeyState[]> {
  return manager.query<KeyState[]>(`${STATES} WHERE id = ANY ($1)`, [ids]);
}

/** So that a query, which ends after some seconds, answers in time however many there are. */
const READ_AT_ONCE = 5_000;
const WRITTEN_AT_ONCE = 1_000;

/** All keys there are. */
export async function readAllKeyStates(manager: EntityManager): Promise<KeyState[]> {
  const all: KeyState[] = [];
  for (;;) {
    const page = await manager.query<KeyState[]>(
      `${STATES} WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2`,
      [all.at(-1)?.id ?? null, READ_AT_ONCE],
    );
    all.push(...page);
    if (page.length < READ_AT_ONCE) return all;
  }
}

/** With the microseconds that PostgreSQL has and a Date has not. */
function time(column: string): string {
  return `to_json(${column}) #>> '{}' AS ${column}`;
}

const STATES = `
  SELECT id, label, customer, components, ${time('expires_at')}, ${time('revoked_at')}, ${time('created_at')},
         idempotency_key,
         (SELECT json_agg(json_build_object('hash', encode(hash, 'hex'), 'hint', hint,
            'expires_at', expires_at, 'revoked_at', revoked_at, 'created_at', created_at))
            FROM key_secret WHERE key_id = key.id) AS secrets
    FROM key`;

/** Makes these keys what they are said to be. What is revoked stays so, whatever is said. */
export async function writeKeyStates(
  manager: EntityManager,
  states: readonly KeyState[],
): Promise<void> {
  for (let at = 0; at < states.length; at += WRITTEN_AT_ONCE) {
    await writeSome(manager, states.slice(at, at + WRITTEN_AT_ONCE));
  }
}

async function writeSome(manager: EntityManager, states: readonly KeyState[]): Promise<void> {
  await manager.query(
    `INSERT INTO key (id, label, customer, components, expires_at, revoked_at, created_at, idempotency_key)
     SELECT * FROM jsonb_to_recordset($1) AS given (id uuid, label text, customer text, components text[],
       expires_at timestamptz, revoked_at timestamptz, created_at timestamptz, idempotency_key text)
     ON CONFLICT (id) DO UPDATE SET label = excluded.label, customer = excluded.customer,
       components = excluded.components, expires_at = excluded.expires_at,
       revoked_at = coalesce(key.revoked_at, excluded.revoked_at), idempotency_key = excluded.idempotency_key`,
    [JSON.stringify(states)],
  );
  const secrets = states.flatMap(({ id, secrets: ofKey }) =>
    ofKey.map((secret) => ({ ...secret, key_id: id })),
  );
  await manager.query(
    `INSERT INTO key_secret (hash, key_id, hint, expires_at, revoked_at, created_at)
     SELECT decode(hash, 'hex'), key_id, hint, expires_at, revoked_at, created_at
       FROM jsonb_to_recordset($1) AS given (hash text, key_id uuid, hint text, expires_at timestamptz,
         revoked_at timestamptz, created_at timestamptz)
     ON CONFLICT (hash) DO UPDATE SET expires_at = excluded.expires_at,
       revoked_at = coalesce(key_secret.revoked_at, excluded.revoked_at)`,
    [JSON.stringify(secrets)],
  );
}

export async function writeEvents(
  manager: EntityManager,
  events: readonly JournaledEvent[],
): Promise<void> {
  await manager.query(
    `INSERT INTO audit_event (at, actor, request_id, action, subject, details)
     SELECT at, actor, request_id, action, subject, details
       FROM jsonb_to_recordset($1) AS given (at timestamptz, actor text, request_id text, action text,
         subject text, details jsonb)`,
    [JSON.stringify(events)],
  );
}
