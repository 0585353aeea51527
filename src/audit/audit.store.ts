import type { DataSource } from 'typeorm';
import { type EntityManager } from 'typeorm';
import type { AuditEvent, Author, RecordedEvent } from './audit-event.js';

export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly since?: Date;
  readonly until?: Date;
}

export interface AuditPage {
  readonly limit: number;
  /** The id of the last event of the page before. */
  readonly before?: string;
}

/** The record of every change: rows are added, and the database refuses anything else. */
export class AuditStore {
  constructor(private readonly dataSource: DataSource) {}

  /** The newest first. */
  list(
    { actor, action, subject, since, until }: AuditFilter,
    { limit, before }: AuditPage,
  ): Promise<RecordedEvent[]> {
    return this.dataSource.query<RecordedEvent[]>(
      `SELECT id::text, at, actor, action, subject, details, request_id AS "requestId" FROM audit_event
        WHERE ($1::text IS NULL OR actor = $1)
          AND ($2::text IS NULL OR action = $2)
          AND ($3::text IS NULL OR subject = $3)
          AND ($4::timestamptz IS NULL OR at >= $4)
          AND ($5::timestamptz IS NULL OR at < $5)
          AND ($6::bigint IS NULL OR id < $6)
        ORDER BY audit_event.id DESC LIMIT $7`,
      [actor, action, subject, since, until, before, limit],
    );
  }
}

/** Adds events in the transaction of the change that they tell of: both are kept, or neither. */
export async function recordEvents(
  manager: EntityManager,
  { actor, requestId }: Author,
  events: readonly AuditEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await manager.query(
    `INSERT INTO audit_event (actor, request_id, action, subject, details)
     SELECT $1, $2, action, subject, details
       FROM jsonb_to_recordset($3) AS event (action text, subject text, details jsonb)`,
    [actor, requestId ?? null, JSON.stringify(events)],
  );
}
