import { performance } from 'node:perf_hooks';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { CHANGE_CHANNEL, type Change } from './change.store.js';
import type { FollowedView } from './followed-view.js';
import type { ProcessRegistration } from './process-registration.js';

/** Milliseconds. With every notice lost, a change is still seen within this. */
const CONFIRM_INTERVAL = 500;
/** Milliseconds. A database that is paused answers nothing; the connection is then given up. */
const QUERY_TIMEOUT = 5_000;
const CONNECT_TIMEOUT = 3_000;
const RECONNECT_DELAY = 250;
/** Milliseconds for which a change's own process may take to have followed it. */
const CATCH_UP_TIMEOUT = 2_000;

/** A point in the history of one database: a revision, with the token that no other history shares. */
interface Position {
  readonly revision: string;
  readonly token: string;
  /** Which server this is, and which of its timelines: a failover or a restore starts another. */
  readonly lineage: string;
}

interface ChangeRow extends Position {
  readonly key_ids: string[];
  readonly catalogue: boolean;
}

/**
 * Keeps what this process holds in memory in step with PostgreSQL.
 *
 * A notice (LISTEN) says at once that something changed; asking twice a second finds what a lost
 * notice did not say. Each time, the position last seen must still be in the database, or everything
 * is loaded anew. When the feed cannot ask, what is held grows stale, and past the bound nobody may
 * allow anything by it. See docs/design/access-view.md.
 */
export class ChangeFeed {
  private readonly views: FollowedView[] = [];
  private position: Position | undefined;
  /** On the monotonic clock: when the question was asked whose answer last confirmed the views. */
  private confirmedAt = -Infinity;
  private stopped = false;
  private running: Promise<void> = Promise.resolve();
  private endPause: () => void = () => undefined;
  private woken = false;
  /** On the monotonic clock: an answer to an older question no longer confirms anything. */
  private trustOnlyAfter = -Infinity;
  private waiting: (() => void)[] = [];
  private setLoaded: () => void = () => undefined;
  /** Resolves when the views have been loaded for the first time. */
  readonly loaded = new Promise<void>((resolve) => (this.setLoaded = resolve));

  constructor(
    private readonly databaseUrl: string,
    /** Seconds. */
    private readonly maxStaleness: number,
    private readonly logger: Logger,
    /** Of a process that decides; one that does not is none that others wait for. */
    private readonly registration?: ProcessRegistration,
  ) {}

  /** Keeps this view in step as well; to be called before `start`. */
  add(view: FollowedView): void {
    this.views.push(view);
  }

  /** May decisions be made by the views? */
  freshness(): 'current' | 'stale' | 'unloaded' {
    if (this.position === undefined) return 'unloaded';
    return this.staleness() < this.maxStaleness ? 'current' : 'stale';
  }

  /** Seconds since the views were last known to be what the database holds. */
  staleness(): number {
    if (this.confirmedAt < this.trustOnlyAfter) return Infinity;
    return (performance.now() - this.confirmedAt) / 1000;
  }

  /** Begins to follow, and goes on until `stop`, whatever fails meanwhile. */
  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  /**
   * Resolves when a question asked after this call has been answered: what was committed before it
   * is then in force here. If that takes too long, the views are distrusted until it succeeds, so
   * that nothing is allowed by what is known to be outdated.
   */
  async catchUp(): Promise<void> {
    const calledAt = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.trustOnlyAfter = Math.max(this.trustOnlyAfter, calledAt);
        resolve();
      }, CATCH_UP_TIMEOUT);
    });
    const confirmed = new Promise<void>((resolve) => this.waiting.push(resolve));
    this.wake();
    await Promise.race([confirmed, tooLong]);
    clearTimeout(timer);
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const client = new Client({
        connectionString: this.databaseUrl,
        application_name: 'packyard-changes',
        connectionTimeoutMillis: CONNECT_TIMEOUT,
        query_timeout: QUERY_TIMEOUT,
        keepAlive: true,
      });
      try {
        await this.follow(client);
      } catch (error) {
        this.logger.warn({ err: error, staleness: this.staleness() }, 'cannot confirm the views');
        this.woken = false;
        await this.pause(RECONNECT_DELAY);
      } finally {
        // A paused server would not answer a goodbye either.
        void client.end().catch(() => undefined);
      }
    }
  }

  private async follow(client: Client): Promise<void> {
    const broken = new Promise<never>((_, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('the connection ended')));
    });
    broken.catch(() => undefined);
    client.on('notification', () => this.wake());

    await client.connect();
    await client.query(`LISTEN ${CHANGE_CHANNEL}`);
    while (!this.stopped) {
      const answered = this.waiting.splice(0);
      try {
        await Promise.race([this.confirm(client), broken]);
      } catch (error) {
        this.waiting.push(...answered);
        throw error;
      }
      answered.forEach((resolve) => resolve());
      await Promise.race([this.pause(CONFIRM_INTERVAL), broken]);
    }
    await this.registration?.withdraw(client);
  }

  /** Asks what has changed since, takes it into use, and so confirms what is held. */
  private async confirm(client: Client): Promise<void> {
    this.woken = false;
    if (this.registration?.isDue) {
      await this.registration.announce(client, this.position?.revision ?? '-1');
    }
    const askedAt = performance.now();
    const position = this.position;
    const news = this.position && (await this.changesSince(client, this.position));
    if (news === undefined) {
      await this.reload(client);
    } else if (news.length > 0) {
      const changes = merge(news);
      for (const view of this.views) await view.follow(client, changes);
      this.position = news.at(-1);
    }
    this.confirmedAt = askedAt;
    this.setLoaded();
    if (this.position && this.position !== position) {
      await this.registration?.announce(client, this.position.revision);
    }
  }

  /** Undefined when this position is not in the database's history: it is another one, or has gone on too far. */
  private async changesSince(client: Client, position: Position): Promise<ChangeRow[] | undefined> {
    const { rows } = await client.query<ChangeRow>(
      `SELECT revision::text, token, key_ids::text[], catalogue, ${LINEAGE} AS lineage
         FROM change WHERE revision >= $1 ORDER BY change.revision`,
      [position.revision],
    );
    const [seen, ...news] = rows;
    return seen && isSame(seen, position) ? news : undefined;
  }

  private async reload(client: Client): Promise<void> {
    const startedAt = performance.now();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<Position>(
      `SELECT revision::text, token, ${LINEAGE} AS lineage FROM change ORDER BY change.revision DESC LIMIT 1`,
    );
    const takeIntoUse: (() => void)[] = [];
    for (const view of this.views) takeIntoUse.push(await view.load(client));
    await client.query('COMMIT');

    takeIntoUse.forEach((take) => take());
    this.position = rows[0];
    const milliseconds = Math.round(performance.now() - startedAt);
    this.logger.info(
      { revision: this.position?.revision, milliseconds },
      'loaded keys and catalogue',
    );
  }

  private wake(): void {
    this.woken = true;
    this.endPause();
  }

  private async pause(milliseconds: number): Promise<void> {
    if (this.woken) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.endPause = resolve;
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
  }
}

/**
 * The server's identity and the timeline it writes. On a standby `pg_current_wal_insert_lsn` fails,
 * as it should: a standby may lag, and confirms nothing.
 */
const LINEAGE = `(SELECT system_identifier::text FROM pg_control_system())
  || '/' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)`;

function isSame(row: Position, position: Position): boolean {
  return (
    row.revision === position.revision &&
    row.token === position.token &&
    row.lineage === position.lineage
  );
}

function merge(rows: readonly ChangeRow[]): Change {
  return {
    keyIds: [...new Set(rows.flatMap(({ key_ids }) => key_ids))],
    catalogue: rows.some(({ catalogue }) => catalogue),
  };
}
