import type { DataSource } from 'typeorm';
import type { PromotionNews } from './promotion-news.js';
import type { SigningRequest } from './promotion.js';

const COLUMNS = `promotion_id AS "promotionId", n, form, path, signature_path AS "signaturePath", sha256,
  requested_at AS "requestedAt", signature`;

/**
 * In SQL: since a signer was last heard of, or since one was first waited for.
 * @param promotion the table, or what it is called in the query
 */
export function secondsWithoutSigner(promotion: string): string {
  return `extract(epoch FROM now() - greatest(${promotion}.signer_seen_at, (SELECT min(requested_at)
    FROM signing_request WHERE promotion_id = ${promotion}.id AND signature IS NULL)))::float8`;
}

/** What of promotions waits for a signature, the signatures that came, and when a signer was last heard of. */
export class SignatureStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly news: PromotionNews,
  ) {}

  /** Adds requests that are not there yet: one for the same thing, with its signature, stays. */
  async request(
    promotion: string,
    requests: readonly Pick<SigningRequest, 'form' | 'path' | 'signaturePath' | 'sha256'>[],
    at: Date,
  ): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO signing_request (promotion_id, n, form, path, signature_path, sha256, requested_at)
       SELECT $1, coalesce((SELECT max(n) FROM signing_request WHERE promotion_id = $1), 0) + place,
              wanted->>'form', wanted->>'path', wanted->>'signaturePath', wanted->>'sha256', $3
         FROM jsonb_array_elements($2) WITH ORDINALITY AS given (wanted, place)
        WHERE NOT EXISTS (SELECT FROM signing_request WHERE promotion_id = $1 AND path = wanted->>'path'
          AND signature_path = wanted->>'signaturePath' AND sha256 = wanted->>'sha256')`,
      [promotion, JSON.stringify(requests), at],
    );
  }

  /** The snapshot is built anew: what was asked of it is of no use. Those of packages stay. */
  async dropThoseOfMetadata(promotion: string): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM signing_request WHERE promotion_id = $1 AND form <> 'rpm-header'`,
      [promotion],
    );
  }

  /** The requests of a promotion, in the order in which they were made. */
  of(promotion: string): Promise<SigningRequest[]> {
    return this.dataSource.query<SigningRequest[]>(
      `SELECT ${COLUMNS} FROM signing_request WHERE promotion_id = $1 ORDER BY n`,
      [promotion],
    );
  }

  /** The first signature stays: another one of the same thing would change a file that was checked. */
  async put(promotion: string, n: number, signature: Buffer, at: Date): Promise<void> {
    await this.dataSource.query(
      `UPDATE signing_request SET signature = $3, signed_at = $4
        WHERE promotion_id = $1 AND n = $2 AND signature IS NULL`,
      [promotion, n, signature, at],
    );
    this.news.tell(promotion, 'change');
  }

  /** A signer looked for something to sign. */
  async seeSigner(promotion: string): Promise<void> {
    await this.dataSource.query('UPDATE promotion SET signer_seen_at = now() WHERE id = $1', [
      promotion,
    ]);
  }

  /** For how long a promotion has waited without one. */
  async secondsWithoutSigner(promotion: string): Promise<number> {
    const [row] = await this.dataSource.query<{ seconds: number }[]>(
      `SELECT ${secondsWithoutSigner('promotion')} AS seconds FROM promotion WHERE id = $1`,
      [promotion],
    );
    return row?.seconds ?? 0;
  }
}
