import type { Change } from './change.store.js';

/** A connection on which a view may read; a transaction where it matters. */
export interface Queryable {
  query<Row extends object>(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

/** Something held in memory that the change feed keeps in step with the database. */
export interface FollowedView {
  /** Reads everything. What it returns takes it into use, at once and without failing. */
  load(db: Queryable): Promise<() => void>;
  /** Reads what these changes touched, and takes it into use. Reading too much or twice does no harm. */
  follow(db: Queryable, changes: Change): Promise<void>;
}
