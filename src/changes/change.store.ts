import type { DataSource } from 'typeorm';
import { type EntityManager } from 'typeorm';
import { recordEvents } from '../audit/audit.store.js';
import type { AuditEvent, Author } from '../audit/audit-event.js';

/** What a change touched: processes reload just that. */
export interface Change {
  readonly keyIds: readonly string[];
  readonly catalogue: boolean;
}

/** What the work of a change answers: what it touched, what the audit says of it, and its result. */
export interface Changed<T> extends Change {
  readonly events: readonly AuditEvent[];
  readonly result: T;
}

/** The channel on which a change is announced (NOTIFY). */
export const CHANGE_CHANNEL = 'packyard_change';

/** How many past changes a process may be behind without reloading everything. */
const KEPT_CHANGES = 10_000;

/**
 * The writing side of the change feed: every change to keys or catalogue goes through `commit`,
 * which records it in the same transaction.
 */
export class ChangeStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in a transaction and records what it changed, and by whom. Changes are made one after another:
   * the counter's row is locked first, so they become visible in the order of their revisions and
   * none can be overtaken by a later one that committed earlier.
   */
  async commit<T>(
    author: Author,
    work: (manager: EntityManager) => Promise<Changed<T>>,
  ): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      const [[{ revision }]] = await manager.query<[[{ revision: string }]]>(
        'UPDATE change_counter SET revision = revision + 1 RETURNING revision',
      );
      const { result, keyIds, catalogue, events } = await work(manager);
      await recordEvents(manager, author, events);
      await manager.query('INSERT INTO change (revision, key_ids, catalogue) VALUES ($1, $2, $3)', [
        revision,
        keyIds,
        catalogue,
      ]);
      await manager.query('DELETE FROM change WHERE revision < $1::bigint - $2', [
        revision,
        KEPT_CHANGES,
      ]);
      await manager.query('SELECT pg_notify($1, $2)', [CHANGE_CHANNEL, revision]);
      return result;
    });
  }
}
