import type { DataSource } from 'typeorm';
import { type EntityManager } from 'typeorm';
import type { AuditEvent, Author } from '../audit/audit-event.js';
import { recordEvents } from '../audit/audit.store.js';
import type { StagedFile } from './format-builder.js';
import type { PromotionNews } from './promotion-news.js';
import type {
  Promotion,
  PromotionEvent,
  PromotionFile,
  PromotionRequest,
  PromotionState,
  StepName,
} from './promotion.js';
import type { Destination } from './publication.js';
import type { ReleaseDocument, ReleaseKind } from './release.js';

export interface PromotionFilter extends Partial<Destination> {
  readonly state?: PromotionState;
}

const UNDER_WAY = `state IN ('queued', 'running', 'awaiting_signatures')`;

const COLUMNS = `id, kind, publication, component, series, format, target, request, state, place::text, base, release,
  error, cancel_reason AS "cancelReason", warnings, actor, created_at AS "createdAt", finished_at AS "finishedAt",
  (SELECT coalesce(json_agg(json_build_object('name', name, 'startedAt', started_at, 'finishedAt', finished_at,
      'done', done, 'total', total) ORDER BY started_at), '[]')
     FROM promotion_step WHERE promotion_id = promotion.id) AS steps`;

/** Who asked for the end of a promotion, and why. */
interface Cancellation {
  readonly by: Author | null;
  readonly reason: string | null;
}

/** A promotion with its place in the queue, by which lists are paged. */
export type QueuedPromotion = Promotion & { readonly place: string };

/** The journal of promotions: what was asked for, how far it is, and what it waits for. */
export class PromotionStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly news: PromotionNews,
  ) {}

  async insert(
    promotion: Pick<Promotion, 'id' | 'kind' | 'publication' | 'createdAt' | keyof Destination>,
    request: PromotionRequest,
    author: Author,
  ): Promise<void> {
    await this.changing(promotion.id, 'state', async (manager) => {
      const { id, kind, publication, component, series, format, target, createdAt } = promotion;
      await manager.query(
        `INSERT INTO promotion (id, kind, publication, component, series, format, target, request, state, actor, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10)`,
        [
          ...[id, kind, publication, component, series, format, target],
          JSON.stringify(request),
          author.actor,
          createdAt,
        ],
      );
      await recordEvents(manager, author, [event(kind, 'order', promotion, { ...request })]);
      await announce(manager, id, 'state', { state: 'queued' });
    });
  }

  async find(id: string): Promise<Promotion | undefined> {
    const [row] = await this.query(`WHERE id = $1`, [id]);
    return row;
  }

  /** The newest first. @param before the place of the last one of the page before */
  list(
    { component, series, format, target, state }: PromotionFilter,
    { limit, before }: { limit: number; before?: string },
  ): Promise<QueuedPromotion[]> {
    return this.query(
      `WHERE ($1::text IS NULL OR component = $1) AND ($2::text IS NULL OR series = $2)
         AND ($3::text IS NULL OR format = $3) AND ($4::text IS NULL OR target = $4)
         AND ($5::text IS NULL OR state = $5) AND ($6::bigint IS NULL OR place < $6)
       ORDER BY promotion.place DESC LIMIT $7`,
      [component, series, format, target, state, before, limit],
    );
  }

  /** Of each publication the promotion whose turn it is. */
  next(): Promise<Promotion[]> {
    return this.query(
      `WHERE promotion.place IN (SELECT min(first.place) FROM promotion first WHERE first.${UNDER_WAY} GROUP BY publication)
       ORDER BY promotion.place`,
      [],
    );
  }

  /** Those that have ended and still have something to be tidied away. */
  untidied(): Promise<Promotion[]> {
    return this.query(`WHERE NOT tidied AND NOT ${UNDER_WAY} ORDER BY promotion.place`, []);
  }

  /** Releases that a promotion under way builds upon or brings back. */
  async wantedReleases(): Promise<ReadonlySet<string>> {
    const rows = await this.dataSource.query<{ release: string | null }[]>(
      `SELECT unnest(ARRAY[request->>'release', base]) AS release FROM promotion WHERE ${UNDER_WAY}`,
    );
    return new Set(rows.flatMap(({ release }) => release ?? []));
  }

  async markTidied(id: string): Promise<void> {
    await this.dataSource.query('UPDATE promotion SET tidied = true WHERE id = $1', [id]);
  }

  /** @returns false where it has ended meanwhile */
  async enter(id: string, state: 'running' | 'awaiting_signatures'): Promise<boolean> {
    return this.transition(id, `state = $2`, [state], { state });
  }

  async setBase(id: string, base: string | null, release: string): Promise<void> {
    await this.dataSource.query('UPDATE promotion SET base = $2, release = $3 WHERE id = $1', [
      id,
      base,
      release,
    ]);
  }

  async fail(promotion: Promotion, error: { code: string; message: string }): Promise<void> {
    await this.end(promotion, 'failed', { error });
  }

  async cancel(promotion: Promotion): Promise<void> {
    await this.end(promotion, 'cancelled', {});
  }

  /** Ends one whose turn has not come. Nothing happens where it has. */
  async cancelQueued(promotion: Promotion): Promise<void> {
    await this.end(promotion, 'cancelled', { from: `state = 'queued'` });
  }

  /** Asks that it be cancelled by whoever runs it. @returns false where it has ended */
  async requestCancel(id: string, author: Author, reason?: string): Promise<boolean> {
    return this.transition(
      id,
      // The first one counts: what was asked for again was on its way.
      `cancel_reason = CASE WHEN cancelled_by IS NULL THEN $3 ELSE cancel_reason END,
       cancelled_by = coalesce(cancelled_by, $2::jsonb)`,
      [JSON.stringify(author), reason],
      { cancelling: true, ...(reason !== undefined && { reason }) },
    );
  }

  async isCancelRequested(id: string): Promise<boolean> {
    const rows = await this.dataSource.query<object[]>(
      'SELECT FROM promotion WHERE id = $1 AND cancelled_by IS NOT NULL',
      [id],
    );
    return rows.length > 0;
  }

  async warn(id: string, warning: string): Promise<void> {
    await this.changing(id, 'change', async (manager) => {
      await manager.query(
        'UPDATE promotion SET warnings = warnings || to_jsonb($2::text) WHERE id = $1',
        [id, warning],
      );
      await announce(manager, id, 'warning', { warning });
    });
  }

  async startStep(id: string, name: StepName, at: Date): Promise<void> {
    await this.changing(id, 'change', async (manager) => {
      await manager.query(
        `INSERT INTO promotion_step (promotion_id, name, started_at) VALUES ($1, $2, $3)
         ON CONFLICT (promotion_id, name) DO UPDATE
           SET started_at = excluded.started_at, finished_at = NULL, done = 0, total = NULL`,
        [id, name, at],
      );
      await announce(manager, id, 'step', { step: name, state: 'started' });
    });
  }

  async progress(id: string, name: StepName, done: number, total: number): Promise<void> {
    await this.changing(id, 'change', async (manager) => {
      await manager.query(
        'UPDATE promotion_step SET done = $3, total = $4 WHERE promotion_id = $1 AND name = $2',
        [id, name, done, total],
      );
      await announce(manager, id, 'progress', { step: name, done, total });
    });
  }

  async finishStep(id: string, name: StepName, at: Date): Promise<void> {
    await this.changing(id, 'change', async (manager) => {
      await manager.query(
        'UPDATE promotion_step SET finished_at = $3 WHERE promotion_id = $1 AND name = $2',
        [id, name, at],
      );
      await announce(manager, id, 'step', { step: name, state: 'finished' });
    });
  }

  /** The set, once and for all: frozen again, it is what it was. */
  async freeze(
    id: string,
    files: readonly Omit<PromotionFile, 'content'>[],
  ): Promise<PromotionFile[]> {
    return this.dataSource.transaction(async (manager) => {
      const frozen = await filesOf(manager, id);
      if (frozen.length > 0) return frozen;
      await manager.query(
        `INSERT INTO promotion_file (promotion_id, file, target, size, sha256)
         SELECT $1, file, target, size, sha256
           FROM jsonb_to_recordset($2) AS staged (file text, target text, size bigint, sha256 text)`,
        [id, JSON.stringify(files)],
      );
      return filesOf(manager, id);
    });
  }

  files(id: string): Promise<PromotionFile[]> {
    return filesOf(this.dataSource.manager, id);
  }

  async setContent(id: string, file: PromotionFile, content: StagedFile): Promise<void> {
    await this.dataSource.query(
      'UPDATE promotion_file SET content = $4 WHERE promotion_id = $1 AND target = $2 AND file = $3',
      [id, file.target, file.file, JSON.stringify(content)],
    );
  }

  /** The release is live: the rows follow the link. The promotion ends with it, and the audit says so. */
  async recordLive(promotion: Promotion, document: ReleaseDocument, at: Date): Promise<void> {
    await this.changing(promotion.id, 'state', async (manager) => {
      await putRelease(manager, document);
      await putLive(manager, promotion.publication, document.id, at);
      await manager.query(
        `UPDATE promotion SET state = 'live', finished_at = $2, error = NULL WHERE id = $1`,
        [promotion.id, at],
      );
      const { id, kind, base, packages, withdrawn = [] } = document;
      await recordEvents(manager, { actor: promotion.actor }, [
        event(kind, 'live', promotion, {
          release: id,
          base,
          packages: packages.length,
          ...(withdrawn.length > 0 && { withdrawn: withdrawn.map(({ path }) => path) }),
        }),
      ]);
      await announce(manager, promotion.id, 'state', { state: 'live', release: id });
    });
  }

  /** Brings the rows in line with a snapshot and a link that were found, as after a restored dump. */
  async adopt(
    publication: string,
    documents: readonly ReleaseDocument[],
    live: string | undefined,
  ) {
    await this.dataSource.transaction(async (manager) => {
      for (const document of documents) await putRelease(manager, document);
      if (live) await putLive(manager, publication, live, new Date());
    });
  }

  async events(id: string, after: string): Promise<PromotionEvent[]> {
    return this.dataSource.query<PromotionEvent[]>(
      `SELECT id::text, at, type, data FROM promotion_event WHERE promotion_id = $1 AND id > $2
        ORDER BY promotion_event.id LIMIT 1000`,
      [id, after],
    );
  }

  private async end(
    promotion: Promotion,
    state: 'failed' | 'cancelled',
    { error, from = UNDER_WAY }: { error?: { code: string; message: string }; from?: string },
  ): Promise<void> {
    await this.changing(promotion.id, 'state', async (manager) => {
      const [rows] = await manager.query<[Cancellation[]]>(
        `UPDATE promotion SET state = $2, error = $3, finished_at = now() WHERE id = $1 AND ${from}
         RETURNING cancelled_by AS by, cancel_reason AS reason`,
        [promotion.id, state, error ? JSON.stringify(error) : null],
      );
      const [cancellation] = rows;
      if (!cancellation) return;
      const author = cancellation.by ?? { actor: promotion.actor };
      const reason = state === 'cancelled' &&
        cancellation.reason !== null && { reason: cancellation.reason };
      await recordEvents(manager, author, [
        event(promotion.kind, state, promotion, { ...error, ...reason }),
      ]);
      await announce(manager, promotion.id, 'state', { state, ...(error && { error }), ...reason });
    });
  }

  private async changing<T>(
    id: string,
    what: 'state' | 'change',
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    const result = await this.dataSource.transaction(work);
    this.news.tell(id, what);
    return result;
  }

  /** @returns false where the promotion has ended */
  private transition(
    id: string,
    assignment: string,
    values: unknown[],
    data: Record<string, unknown>,
  ): Promise<boolean> {
    return this.changing(id, 'state', async (manager) => {
      const [rows] = await manager.query<[object[]]>(
        `UPDATE promotion SET ${assignment} WHERE id = $1 AND ${UNDER_WAY} RETURNING id`,
        [id, ...values],
      );
      if (rows.length === 0) return false;
      await announce(manager, id, 'state', data);
      return true;
    });
  }

  private async query(where: string, values: unknown[]): Promise<QueuedPromotion[]> {
    const rows = await this.dataSource.query<QueuedPromotion[]>(
      `SELECT ${COLUMNS} FROM promotion ${where}`,
      values,
    );
    return rows.map((row) => ({
      ...row,
      steps: row.steps.map((step) => ({
        ...step,
        startedAt: new Date(step.startedAt),
        finishedAt: step.finishedAt && new Date(step.finishedAt),
      })),
    }));
  }
}

/** What the audit says of a promotion: `promotion.order`, `rollback.live`, `withdrawal.failed`. */
function event(
  kind: ReleaseKind,
  what: string,
  { id, publication, target }: Pick<Promotion, 'id' | 'publication' | 'target'>,
  details: Record<string, unknown>,
): AuditEvent {
  return {
    action: `${kind}.${what}`,
    subject: `promotion:${id}`,
    details: { publication, target, ...details },
  };
}

async function announce(
  manager: EntityManager,
  id: string,
  type: PromotionEvent['type'],
  data: Record<string, unknown>,
): Promise<void> {
  await manager.query(
    'INSERT INTO promotion_event (promotion_id, at, type, data) VALUES ($1, now(), $2, $3)',
    [id, type, JSON.stringify(data)],
  );
}

async function filesOf(manager: EntityManager, id: string): Promise<PromotionFile[]> {
  return manager.query<PromotionFile[]>(
    `SELECT file, target, size::float8, sha256, content FROM promotion_file WHERE promotion_id = $1
      ORDER BY target, file`,
    [id],
  );
}

async function putRelease(manager: EntityManager, document: ReleaseDocument): Promise<void> {
  const { id, publication, target, created_at } = document;
  const { component, series, format } = publication;
  await manager.query(
    `INSERT INTO release (id, publication, component, series, format, target, created_at, document)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (id) DO UPDATE SET document = excluded.document, removed_at = NULL`,
    [
      id,
      [format, component, series, publication.target].filter(Boolean).join('/'),
      ...[component, series, format, target, created_at],
      JSON.stringify(document),
    ],
  );
}

async function putLive(
  manager: EntityManager,
  publication: string,
  release: string,
  at: Date,
): Promise<void> {
  await manager.query(
    `INSERT INTO publication (name, live_release, switched_at) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE SET live_release = excluded.live_release, switched_at = excluded.switched_at
      WHERE publication.live_release <> excluded.live_release`,
    [publication, release, at],
  );
}
