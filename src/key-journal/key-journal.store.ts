import type { DataSource, EntityManager } from 'typeorm';
import { PACKYARD } from '../audit/audit-event.js';
import type { JournalEntry, JournaledEvent, KeyState, Revision } from './journal-entry.js';
import { formatEntry } from './journal-entry.js';
import { JournalFiles } from './journal-files.js';
import { JournalAhead, journalDiverged, journalUnavailable } from './journal-trouble.js';
import {
  changesSince,
  readAllKeyStates,
  readKeyStates,
  writeEvents,
  writeKeyStates,
} from './key-states.store.js';

/** A change, as its transaction recorded it. */
export interface RecordedChange {
  readonly revision: bigint;
  readonly token: string;
  readonly events: readonly JournaledEvent[];
}

/** What a replay put into the database. */
export interface Replayed {
  readonly changes: number;
  readonly keys: number;
  readonly revoked: number;
}

const NOTHING: Replayed = { changes: 0, keys: 0, revoked: 0 };

/**
 * A record of every change to keys in a folder outside the database, on another volume: what a restored
 * backup lacks is replayed from it, so that no key that was sold is lost and no revoked key comes back.
 *
 * An entry is on the disk before its change is committed, under the lock of the change counter. So there
 * is never a change in the database that the journal lacks (but one that must not fail, which the next entry
 * makes up for), and at most one entry whose change was not committed: nobody was told that it was made, and
 * before the next change it is.
 */
export class KeyJournal {
  private readonly files: JournalFiles;

  constructor(
    readonly folder: string,
    private readonly dataSource: DataSource,
  ) {
    this.files = new JournalFiles(folder);
  }

  /**
   * Writes down what the transaction of this change makes of the keys, and what is owed from before.
   * @throws JournalAhead when there are entries to replay first
   * @throws DomainError KEY_JOURNAL_UNAVAILABLE
   */
  async record(manager: EntityManager, change: RecordedChange): Promise<void> {
    const newest = await this.newest();
    const position = await positionOf(manager);
    if (newest && !(position && isSame(newest, position))) throw new JournalAhead();
    await this.write(manager, newest, change);
  }

  /**
   * Brings database and journal to the same: writes what the journal lacks, and replays what the database
   * lacks.
   * @throws DomainError KEY_JOURNAL_DIVERGED, KEY_JOURNAL_UNAVAILABLE
   */
  async reconcile(): Promise<Replayed> {
    return this.dataSource.transaction(async (manager) => {
      const [{ revision: text }] = await manager.query<[{ revision: string }]>(
        'SELECT revision::text FROM change_counter FOR UPDATE',
      );
      const revision = BigInt(text);
      const newest = await this.newest();
      if (newest && !(await isInHistory(manager, newest))) {
        return this.replay(manager, revision, newest);
      }
      if (newest?.revision !== revision) await this.writeOwed(manager, revision, newest);
      else await setPosition(manager, revision);
      return NOTHING;
    });
  }

  private async writeOwed(
    manager: EntityManager,
    revision: bigint,
    newest: JournalEntry | undefined,
  ): Promise<void> {
    const [{ token }] = await manager.query<[{ token: string }]>(
      'SELECT token FROM change WHERE revision = $1',
      [revision.toString()],
    );
    await this.write(manager, newest, { revision, token, events: [] });
  }

  private async replay(
    manager: EntityManager,
    revision: bigint,
    newest: JournalEntry,
  ): Promise<Replayed> {
    const lacking = await this.lacking(manager, revision);
    const states = new Map<string, KeyState>();
    for (const { keys } of lacking) for (const key of keys) states.set(key.id, key);
    const keys = [...states.values()];
    const replayed = {
      changes: lacking.length,
      keys: keys.length,
      revoked: keys.filter(({ revoked_at }) => revoked_at !== null).length,
    };

    await writeKeyStates(manager, keys);
    await writeEvents(
      manager,
      lacking.flatMap(({ events }) => events),
    );
    const event = { action: 'key_journal.replay', subject: 'database', details: { ...replayed } };
    const events = [
      { ...event, at: new Date().toISOString(), actor: PACKYARD.actor, request_id: null },
    ];
    await writeEvents(manager, events);

    const next = (revision > newest.revision ? revision : newest.revision) + 1n;
    await manager.query('UPDATE change_counter SET revision = $1', [next.toString()]);
    const [{ token }] = await manager.query<[{ token: string }]>(
      'INSERT INTO change (revision, key_ids, catalogue) VALUES ($1, $2, false) RETURNING token',
      [next.toString(), [...states.keys()]],
    );
    const after = newest.revision;
    await this.append(manager, { revision: next, token, after, owed: [], events, keys: [] });
    return replayed;
  }

  /** The entries that the database lacks. It has to be at one of them, or older than the first, or without a key. */
  private async lacking(manager: EntityManager, revision: bigint): Promise<JournalEntry[]> {
    const entries = await this.entriesFrom(revision);
    let known = entries.length - 1;
    while (known >= 0 && !(await isInHistory(manager, entries[known] as JournalEntry))) known -= 1;
    if (known >= 0) {
      const common = (entries[known] as JournalEntry).revision;
      if (await this.isMadeUpFor(manager, common, entries[known + 1]))
        return entries.slice(known + 1);
      throw journalDiverged(this.folder, `both have changes of keys since the change ${common}`);
    }
    const [first] = entries;
    if (first?.after !== null) {
      throw journalDiverged(
        this.folder,
        `the database is at change ${revision}, and the journal begins with ${first?.revision ?? 'nothing'}`,
      );
    }
    const [{ any }] = await manager.query<[{ any: boolean }]>(
      'SELECT EXISTS (SELECT FROM key) AS any',
    );
    if (!any || revision < first.revision) return entries;
    throw journalDiverged(this.folder, 'they have no change in common');
  }

  /** Does the journal know each change of keys that the database has since the one that they have in common? */
  private async isMadeUpFor(
    manager: EntityManager,
    common: bigint,
    next: JournalEntry | undefined,
  ): Promise<boolean> {
    const since = await changesSince(manager, common);
    const tokens = new Set(next?.owed.map(({ token }) => token));
    return (
      since !== null &&
      since.every(({ token, key_ids }) => key_ids.length === 0 || tokens.has(token))
    );
  }

  private async entriesFrom(revision: bigint): Promise<JournalEntry[]> {
    try {
      return await this.files.entriesFrom(revision);
    } catch (error) {
      throw journalUnavailable(this.folder, error, 'Nothing was changed.');
    }
  }

  private async newest(): Promise<JournalEntry | undefined> {
    try {
      return await this.files.newest();
    } catch (error) {
      throw journalUnavailable(this.folder, error, 'Nothing was changed.');
    }
  }

  /** Writes an entry for this change, and for what was changed since the newest one. */
  private async write(
    manager: EntityManager,
    newest: JournalEntry | undefined,
    change: RecordedChange,
  ): Promise<void> {
    const since = newest ? await changesSince(manager, newest.revision) : null;
    if (!newest || since === null) {
      const keys = await readAllKeyStates(manager);
      return this.append(manager, { ...change, after: null, owed: [], keys });
    }
    const owed = since
      .filter(({ revision, key_ids }) => key_ids.length > 0 && BigInt(revision) < change.revision)
      .map(({ revision, token }) => ({ revision, token }));
    const ids = [...new Set(since.flatMap(({ key_ids }) => key_ids))];
    const keys = ids.length > 0 ? await readKeyStates(manager, ids) : [];
    await this.append(manager, { ...change, after: newest.revision, owed, keys });
  }

  private async append(manager: EntityManager, entry: JournalEntry): Promise<void> {
    try {
      await this.files.append(formatEntry(entry), entry.revision);
    } catch (error) {
      throw journalUnavailable(this.folder, error, 'Nothing was changed.');
    }
    await setPosition(manager, entry.revision);
  }
}

async function setPosition(manager: EntityManager, revision: bigint): Promise<void> {
  await manager.query('UPDATE change_counter SET journaled = $1', [revision.toString()]);
}

/** Up to where the database says that the journal has everything. */
async function positionOf(manager: EntityManager): Promise<Revision | undefined> {
  const [row] = await manager.query<[{ revision: string | null; token: string | null }]>(
    `SELECT journaled::text AS revision, token FROM change_counter
       LEFT JOIN change ON change.revision = journaled`,
  );
  return row.revision === null ? undefined : { revision: BigInt(row.revision), token: row.token };
}

/** Is this one of the database's own changes? The older ones it knows by their number alone. */
async function isInHistory(manager: EntityManager, entry: JournalEntry): Promise<boolean> {
  const [row] = await manager.query<{ token: string }[]>(
    'SELECT token FROM change WHERE revision = $1',
    [entry.revision.toString()],
  );
  if (row) return row.token === entry.token;
  const position = await positionOf(manager);
  return position !== undefined && isSame(entry, position);
}

function isSame({ revision, token }: JournalEntry, position: Revision): boolean {
  return revision === position.revision && (position.token === null || position.token === token);
}
