import type { AuditEvent } from '../audit/audit-event.js';

/** A point in the history of a database: a revision, with the token that no other history shares. */
export interface Revision {
  readonly revision: bigint;
  /** Null where the database has forgotten it: it keeps those of the newest changes. */
  readonly token: string | null;
}

/** What is kept of a secret: never the secret. Times are RFC 3339. */
export interface SecretState {
  /** SHA-256 in hex. */
  readonly hash: string;
  readonly hint: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly created_at: string;
}

/** The whole of a key after a change, so that the last one there is of a key says what it is. */
export interface KeyState {
  readonly id: string;
  readonly label: string;
  readonly customer: string | null;
  readonly components: readonly string[];
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly created_at: string;
  readonly idempotency_key: string | null;
  readonly secrets: readonly SecretState[];
}

/** An event of the audit, with when and by whom. */
export interface JournaledEvent extends AuditEvent {
  readonly at: string;
  readonly actor: string;
  readonly request_id: string | null;
}

/** A change that was made while the journal could not be written. */
export interface OwedChange {
  readonly revision: string;
  readonly token: string;
}

/** One line of the journal. A change that touches many keys has several, and counts when all are there. */
export interface JournalLine {
  /** Of the format. */
  readonly version: 1;
  readonly revision: string;
  readonly token: string;
  /** The revision of the entry before. Null: with this one the journal begins, and it has all keys. */
  readonly after: string | null;
  /** The changes of keys between the entry before and this one, which it makes up for. */
  readonly owed: readonly OwedChange[];
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  readonly events: readonly JournaledEvent[];
  readonly keys: readonly KeyState[];
}

/** All that the journal says of one change. */
export interface JournalEntry {
  readonly revision: bigint;
  readonly token: string;
  readonly after: bigint | null;
  readonly owed: readonly OwedChange[];
  readonly events: readonly JournaledEvent[];
  readonly keys: readonly KeyState[];
}

/** So that a line stays far below what can be read at once. */
const KEYS_A_LINE = 1_000;

/** The lines of an entry, each with the line feed that says that it is whole. */
export function formatEntry(entry: JournalEntry): string {
  const { revision, token, after, owed, events, keys } = entry;
  const parts = Math.max(1, Math.ceil(keys.length / KEYS_A_LINE));
  const lines = Array.from({ length: parts }, (_, place): JournalLine => {
    return {
      version: 1,
      revision: revision.toString(),
      token,
      after: after?.toString() ?? null,
      owed,
      part: place + 1,
      parts,
      events: place === 0 ? events : [],
      keys: keys.slice(place * KEYS_A_LINE, (place + 1) * KEYS_A_LINE),
    };
  });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Undefined for what is no line: what a crash left of one. @throws Error for a line of a newer Packyard */
export function parseLine(text: string): JournalLine | undefined {
  let line: JournalLine;
  try {
    line = JSON.parse(text) as JournalLine;
  } catch {
    return undefined;
  }
  if (line?.version !== 1) {
    throw new Error(
      `it has an entry of version ${String(line?.version)}, and this Packyard reads 1`,
    );
  }
  return line;
}

/** Puts the lines of entries together. To be given every line, in their order. */
export class EntryAssembly {
  private lines: JournalLine[] = [];

  /** @returns the entry that this line completes */
  add(line: JournalLine): JournalEntry | undefined {
    if (line.part === 1) this.lines = [];
    const [first] = this.lines;
    const follows = this.lines.length === line.part - 1 && (!first || first.token === line.token);
    if (!follows) {
      this.lines = []; // of an entry whose writer ended
      return undefined;
    }
    this.lines.push(line);
    if (line.part < line.parts) return undefined;
    const lines = this.lines;
    this.lines = [];
    return {
      revision: BigInt(line.revision),
      token: line.token,
      after: line.after === null ? null : BigInt(line.after),
      owed: line.owed,
      events: lines.flatMap(({ events }) => events),
      keys: lines.flatMap(({ keys }) => keys),
    };
  }
}
