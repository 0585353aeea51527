import type { DataSource } from 'typeorm';
import { type EntityManager } from 'typeorm';
import { recordEvents } from '../audit/audit.store.js';
import type { AuditEvent, Author } from '../audit/audit-event.js';
import { DomainError } from '../common/domain-error.js';
import { JournalAhead, journalUnavailable } from '../key-journal/journal-trouble.js';
import type { KeyJournal } from '../key-journal/key-journal.store.js';

/** What a change touched: processes reload just that. */
export interface Change {
  readonly keyIds: readonly string[];
  readonly catalogue: boolean;
}

/** What the work of a change answers: what it touched, what the audit says of it, and its result. */
export interface Changed<T> extends Change {
  readonly events: readonly AuditEvent[];
  /** To be made even where the key journal cannot be written: it takes something away that must not be had. */
  readonly unconditional?: boolean;
  readonly result: T;
}

/** What a transaction ended with: its result, or that it was made and the journal lacks it. */
type Committed<T> = { readonly result: T } | { readonly unjournaled: DomainError };

/** The channel on which a change is announced (NOTIFY). */
export const CHANGE_CHANNEL = 'packyard_change';

/** What is said of a change that is unconditional, and that the journal lacks. */
const MADE = 'The change is made and in force, and a backup restored now would lack it.';

/** How many past changes a process may be behind without reloading everything. */
const KEPT_CHANGES = 10_000;

/**
 * The writing side of the change feed: every change to keys or catalogue goes through `commit`,
 * which records it in the same transaction, and in the key journal where one is kept.
 */
export class ChangeStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly journal?: KeyJournal,
  ) {}

  /**
   * Runs `work` in a transaction and records what it changed, and by whom. Changes are made one after another:
   * the counter's row is locked first, so they become visible in the order of their revisions and
   * none can be overtaken by a later one that committed earlier.
   *
   * @throws DomainError KEY_JOURNAL_UNAVAILABLE, and then nothing was changed but what is unconditional;
   * KEY_JOURNAL_DIVERGED
   */
  async commit<T>(
    author: Author,
    work: (manager: EntityManager) => Promise<Changed<T>>,
  ): Promise<T> {
    try {
      return await this.tryToCommit(author, work);
    } catch (error) {
      // The database was replaced by an older copy of itself: it first gets back what it lacks.
      if (!(error instanceof JournalAhead)) throw error;
      await this.journal?.reconcile();
      return this.tryToCommit(author, work);
    }
  }

  private async tryToCommit<T>(
    author: Author,
    work: (manager: EntityManager) => Promise<Changed<T>>,
  ): Promise<T> {
    const committed = await this.dataSource.transaction<Committed<T>>(async (manager) => {
      const [[{ revision }]] = await manager.query<[[{ revision: string }]]>(
        'UPDATE change_counter SET revision = revision + 1 RETURNING revision',
      );
      const { result, keyIds, catalogue, events, unconditional } = await work(manager);
      await recordEvents(manager, author, events);
      const [{ token, at }] = await manager.query<[{ token: string; at: string }]>(
        `INSERT INTO change (revision, key_ids, catalogue) VALUES ($1, $2, $3)
         RETURNING token, to_json(changed_at) #>> '{}' AS at`,
        [revision, keyIds, catalogue],
      );
      await manager.query('DELETE FROM change WHERE revision < $1::bigint - $2', [
        revision,
        KEPT_CHANGES,
      ]);
      await manager.query('SELECT pg_notify($1, $2)', [CHANGE_CHANNEL, revision]);

      const by = { at, actor: author.actor, request_id: author.requestId ?? null };
      const journaled = events.map((event) => ({ ...event, ...by }));
      try {
        await this.journal?.record(manager, {
          revision: BigInt(revision),
          token,
          events: journaled,
        });
      } catch (error) {
        if (!unconditional || !this.journal || !isJournalUnavailable(error)) throw error;
        return { unjournaled: journalUnavailable(this.journal.folder, error.cause, MADE) };
      }
      return { result };
    });
    if ('unjournaled' in committed) throw committed.unjournaled;
    return committed.result;
  }
}

function isJournalUnavailable(error: unknown): error is DomainError {
  return error instanceof DomainError && error.code === 'KEY_JOURNAL_UNAVAILABLE';
}
