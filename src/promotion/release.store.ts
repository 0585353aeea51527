import type { DataSource } from 'typeorm';
import type { Destination, Publication } from './publication.js';
import type { ReleaseDocument } from './release.js';

/** A release as it was recorded. */
export interface RecordedRelease {
  readonly document: ReleaseDocument;
  readonly publication: string;
  readonly live: boolean;
  /** When its snapshot was removed: nothing can be brought back from it. */
  readonly removedAt: Date | null;
}

const SELECT = `SELECT document, publication, removed_at AS "removedAt",
    EXISTS (SELECT FROM publication WHERE live_release = release.id) AS live
  FROM release`;

/** What was live when. */
export class ReleaseStore {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: string): Promise<RecordedRelease | undefined> {
    const [row] = await this.dataSource.query<RecordedRelease[]>(`${SELECT} WHERE id = $1`, [id]);
    return row;
  }

  /** The newest first. @param before the id of the last one of the page before */
  list(
    { component, series, format, target }: Partial<Destination>,
    { limit, before }: { limit: number; before?: string },
  ): Promise<RecordedRelease[]> {
    return this.dataSource.query<RecordedRelease[]>(
      `${SELECT} WHERE ($1::text IS NULL OR component = $1) AND ($2::text IS NULL OR series = $2)
         AND ($3::text IS NULL OR format = $3) AND ($4::text IS NULL OR target = $4)
         AND ($5::text IS NULL OR id < $5)
       ORDER BY id DESC LIMIT $6`,
      [component, series, format, target, before, limit],
    );
  }

  /** The releases of a publication that were made after one, the oldest first. */
  async after(publication: string, id: string): Promise<ReleaseDocument[]> {
    const rows = await this.dataSource.query<{ document: ReleaseDocument }[]>(
      'SELECT document FROM release WHERE publication = $1 AND id > $2 ORDER BY id',
      [publication, id],
    );
    return rows.map(({ document }) => document);
  }

  async live(publication: string): Promise<ReleaseDocument | undefined> {
    const [row] = await this.dataSource.query<{ document: ReleaseDocument }[]>(
      `SELECT document FROM release JOIN publication ON live_release = release.id WHERE name = $1`,
      [publication],
    );
    return row?.document;
  }

  /** Those that are not recorded as removed. */
  kept(): Promise<{ readonly id: string; readonly publication: Publication }[]> {
    return this.dataSource.query(
      `SELECT id, document->'publication' AS publication FROM release WHERE removed_at IS NULL`,
    );
  }

  async markRemoved(id: string): Promise<void> {
    await this.dataSource.query('UPDATE release SET removed_at = now() WHERE id = $1', [id]);
  }
}
