import { Client } from 'pg';

/** The class of our advisory locks on publications; any number that nobody else uses. */
const LOCK_CLASS = 1_886_089_580;

/**
 * The right to work on a publication, held by one process of all. It ends with its connection: whoever
 * loses it learns that by `lost`, and must not switch any more.
 */
export class PublicationLock {
  private constructor(
    private readonly client: Client,
    /** Aborts when the lock is no longer held. */
    readonly lost: AbortSignal,
  ) {}

  /** Undefined where another process has it. */
  static async tryAcquire(
    databaseUrl: string,
    publication: string,
  ): Promise<PublicationLock | undefined> {
    const client = new Client({
      connectionString: databaseUrl,
      application_name: 'packyard-promotion',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    const lost = new AbortController();
    const end = () => lost.abort(new LockLost());
    client.on('error', end).on('end', end);
    await client.connect();
    const { rows } = await client.query<{ acquired: boolean }>(
      'SELECT pg_try_advisory_lock($1, hashtext($2)) AS acquired',
      [LOCK_CLASS, publication],
    );
    if (rows[0]?.acquired) return new PublicationLock(client, lost.signal);
    await client.end();
    return undefined;
  }

  async release(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}

/** The connection that held the lock has ended; another process may be at work by now. */
export class LockLost extends Error {
  override readonly name = 'LockLost';
}
