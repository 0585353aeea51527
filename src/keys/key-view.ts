import type { Change } from '../changes/change.store.js';
import type { FollowedView, Queryable } from '../changes/followed-view.js';
import type { KeyDirectory } from './key-directory.js';
import { type KnownKey } from './key-directory.js';
import { KeyTable } from './key-table.js';

/** Rows a round trip while everything is loaded. */
const BATCH = 2_000;

/** Components as one text, which has no commas or spaces in its names: parsing an array costs more than all the rest of a row. */
const KEY_COLUMNS = `id, array_to_string(components, ' ') AS components, revoked_at IS NOT NULL AS revoked,
  coalesce(extract(epoch FROM expires_at) * 1000, 'infinity')::float8 AS expires_at`;
/** A secret that was ended for good ended before any time there is: no clock can bring it back. */
const SECRET_COLUMNS = `hash, key_id, CASE WHEN revoked_at IS NULL
  THEN coalesce(extract(epoch FROM expires_at) * 1000, 'infinity') ELSE '-infinity' END::float8 AS expires_at`;

/** With a tenth to spare for those to come, so that the table need not grow while it is loaded. */
const COUNT = `SELECT greatest(1024, ceil(1.1 * greatest((SELECT count(*) FROM key), (SELECT count(*) FROM key_secret))))::int AS keys`;

interface KeyColumns {
  id: string;
  components: string;
  revoked: boolean;
  expires_at: number;
}

interface SecretColumns {
  hash: Buffer;
  key_id: string;
  expires_at: number;
}

/** The keys as the database has them, held in memory and kept in step by the change feed. */
export class KeyView implements KeyDirectory, FollowedView {
  private table = new KeyTable();

  find(secret: string): KnownKey | undefined {
    return this.table.find(secret);
  }

  async load(db: Queryable): Promise<() => void> {
    const {
      rows: [count],
    } = await db.query<{ keys: number }>(COUNT);
    const table = new KeyTable(count?.keys);
    for await (const rows of batchesOf<KeyColumns>(db, `SELECT ${KEY_COLUMNS} FROM key`)) {
      for (const row of rows) putKey(table, row);
    }
    for await (const rows of batchesOf<SecretColumns>(
      db,
      `SELECT ${SECRET_COLUMNS} FROM key_secret`,
    )) {
      for (const row of rows) putSecret(table, row);
    }
    return () => {
      this.table = table;
    };
  }

  async follow(db: Queryable, { keyIds }: Change): Promise<void> {
    if (keyIds.length === 0) return;
    const keys = await db.query<KeyColumns>(`SELECT ${KEY_COLUMNS} FROM key WHERE id = ANY($1)`, [
      keyIds,
    ]);
    const secrets = await db.query<SecretColumns>(
      `SELECT ${SECRET_COLUMNS} FROM key_secret WHERE key_id = ANY($1)`,
      [keyIds],
    );
    for (const row of keys.rows) putKey(this.table, row);
    this.table.endSecretsOf(keyIds);
    for (const row of secrets.rows) putSecret(this.table, row);
  }
}

function putKey(table: KeyTable, { id, components, revoked, expires_at }: KeyColumns): void {
  table.putKey({ id, components: components.split(' '), revoked, expiresAt: expires_at });
}

function putSecret(table: KeyTable, { hash, key_id, expires_at }: SecretColumns): void {
  table.putSecret({ hash, keyId: key_id, expiresAt: expires_at });
}

/**
 * The rows of a query in batches, so that a million of them are never held at once. The next batch is
 * asked for while the one before is read. Needs a transaction.
 */
async function* batchesOf<Row extends object>(
  db: Queryable,
  select: string,
): AsyncGenerator<Row[]> {
  const fetch = () => {
    const rows = db.query<Row>(`FETCH ${BATCH} FROM batches`);
    rows.catch(() => undefined); // it is waited for later, and may have failed by then
    return rows;
  };
  await db.query(`DECLARE batches NO SCROLL CURSOR FOR ${select}`);
  for (let next = fetch(); ;) {
    const { rows } = await next;
    if (rows.length === 0) break;
    next = fetch();
    yield rows;
  }
  await db.query('CLOSE batches');
}
