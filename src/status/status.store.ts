import type { DataSource } from 'typeorm';
import { secondsWithoutSigner } from '../promotion/signature.store.js';
import { firstHour, requestsByHour, type HourCount } from './requests-by-hour.js';
import type {
  AuthProcessesStatus,
  ExpiringKey,
  KeysStatus,
  PromotionSummary,
  PublicationPromotions,
  RequestsStatus,
} from './status.js';

const DAY = 86_400_000;
/** How many of the keys that expire soon are named. */
const NAMED_KEYS = 50;

/** What the database knows of the state of things. It reads, and locks nothing. */
export class StatusStore {
  constructor(private readonly dataSource: DataSource) {}

  /** The shortest question there is. */
  async ping(): Promise<void> {
    await this.dataSource.query('SELECT 1');
  }

  async keys(now: Date): Promise<KeysStatus> {
    const in7Days = new Date(now.getTime() + 7 * DAY);
    const in30Days = new Date(now.getTime() + 30 * DAY);
    const [[counts], expiring] = await Promise.all([
      this.dataSource.query<[Omit<KeysStatus, 'expiring'>]>(COUNT_KEYS, [now, in7Days, in30Days]),
      this.dataSource.query<ExpiringKey[]>(EXPIRING_KEYS, [now, in30Days, NAMED_KEYS]),
    ]);
    return { ...counts, expiring };
  }

  async requests(now: Date): Promise<RequestsStatus> {
    const midnight = new Date(Math.floor(now.getTime() / DAY) * DAY);
    const [counts, deniedToday] = await Promise.all([
      this.dataSource.query<HourCount[]>(COUNT_REQUESTS, [firstHour(now)]),
      this.dataSource.query<RequestsStatus['deniedToday']>(COUNT_DENIALS, [midnight]),
    ]);
    return { byHour: requestsByHour(counts, now), deniedToday };
  }

  async promotions(): Promise<PublicationPromotions[]> {
    const rows = await this.dataSource.query<PublicationPromotions[]>(PROMOTIONS);
    return rows.map((row) => ({
      ...row,
      last: withDate(row.last),
      failure: row.failure && withDate(row.failure),
    }));
  }

  /** @param maxSilence seconds without a report after which a process is `silent` */
  async authProcesses(maxSilence: number): Promise<AuthProcessesStatus> {
    const [processes, [newest]] = await Promise.all([
      this.dataSource.query<AuthProcessesStatus['processes']>(AUTH_PROCESSES, [maxSilence]),
      this.dataSource.query<[{ revision: number }]>(
        'SELECT revision::float8 AS revision FROM change_counter',
      ),
    ]);
    return { newestRevision: newest.revision, processes };
  }
}

const COUNT_KEYS = `
  SELECT count(*) FILTER (WHERE live)::int AS active,
         count(*) FILTER (WHERE NOT live AND revoked_at IS NULL)::int AS expired,
         count(*) FILTER (WHERE revoked_at IS NOT NULL)::int AS revoked,
         count(*) FILTER (WHERE live AND expires_at <= $2)::int AS "expireWithin7Days",
         count(*) FILTER (WHERE live AND expires_at <= $3)::int AS "expireWithin30Days"
    FROM (SELECT revoked_at, expires_at,
                 revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1) AS live
            FROM key) AS each`;

const EXPIRING_KEYS = `
  SELECT id, label, customer, components, expires_at AS "expiresAt"
    FROM key
   WHERE revoked_at IS NULL AND expires_at > $1 AND expires_at <= $2
   ORDER BY expires_at, id LIMIT $3`;

const COUNT_REQUESTS = `
  SELECT hour, status, sum(requests)::float8 AS requests
    FROM access_outcome WHERE hour >= $1 GROUP BY hour, status`;

const COUNT_DENIALS = `
  SELECT reason, sum(requests)::float8 AS requests
    FROM access_outcome WHERE hour >= $1 AND status = 'denied'
   GROUP BY reason ORDER BY requests DESC, reason`;

const PROMOTIONS = `
  WITH summary AS (
    SELECT publication, place, state, signer_seen_at, promotion.id,
           json_build_object('id', id, 'kind', kind, 'target', target, 'state', state,
             'at', coalesce(finished_at, created_at), 'errorCode', error->>'code', 'warnings', warnings) AS told
      FROM promotion),
  publication AS (
    SELECT publication AS name, max(place) AS last,
           max(place) FILTER (WHERE state = 'live') AS live,
           max(place) FILTER (WHERE state = 'failed') AS failed,
           count(*) FILTER (WHERE state IN ('queued', 'running', 'awaiting_signatures'))::int AS "underWay",
           count(*) FILTER (WHERE state = 'awaiting_signatures')::int AS "awaitingSigner"
      FROM promotion GROUP BY publication)
  SELECT name AS publication, "underWay", "awaitingSigner",
         (SELECT max(${secondsWithoutSigner('summary')})
            FROM summary WHERE publication = name AND state = 'awaiting_signatures') AS "secondsWithoutSigner",
         (SELECT told FROM summary WHERE place = last) AS last,
         (SELECT told FROM summary WHERE place = failed AND failed > coalesce(live, 0)) AS failure
    FROM publication
   ORDER BY name`;

/** In JSON a time is a text. */
function withDate(summary: PromotionSummary): PromotionSummary {
  return { ...summary, at: new Date(summary.at) };
}

/**
 * Those of the last ten minutes: who has ended without saying so is of interest for a while. A change is
 * given 2 s to get there, as whoever makes one waits for as long.
 */
const AUTH_PROCESSES = `
  SELECT id, revision::float8 AS revision, max_staleness AS "maxStaleness",
         greatest(0, extract(epoch FROM now() - seen_at))::int AS "seenSecondsAgo",
         CASE WHEN seen_at < now() - make_interval(secs => $1) THEN 'silent'
              WHEN revision < (SELECT max(revision) FROM change
                                WHERE changed_at < now() - interval '2 seconds') THEN 'behind'
              ELSE 'current' END AS state
    FROM auth_process
   WHERE seen_at > now() - interval '10 minutes'
   ORDER BY id`;
