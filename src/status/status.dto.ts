import type { PromotionState } from '../promotion/promotion.js';
import { type PublishedDto, publishedDto } from '../published/published.dto.js';
import { type HealthDto, healthDto } from './health.dto.js';
import type {
  KeysStatus,
  PromotionSummary,
  PublicationPromotions,
  RequestsStatus,
  Status,
} from './status.js';
import { overallState, warningsOf, type Severity } from './status-warnings.js';

export class WarningDto {
  /** `critical`: subscribers are not served, or soon will not be. */
  severity: Severity;
  /**
   * What is the matter, and what to do.
   * @example "1 key expires within 7 days: “Acme Corp — Core”. Tell whoever holds it, or set another expires_at."
   */
  message: string;
}

export class ComponentStatusDto {
  /** @example core */
  name: string;
  visibility: 'public' | 'private';
  published: PublishedDto;
}

export class ExpiringKeyDto {
  id: string;
  /** @example "Acme Corp — Core" */
  label: string;
  /** @example C-4711 */
  customer: string | null;
  /** @example ["core"] */
  components: string[];
  expires_at: string;
}

export class KeysStatusDto {
  /** @example 118 */
  active: number;
  /** @example 4 */
  expired: number;
  /** @example 9 */
  revoked: number;
  /**
   * Of the active.
   * @example 1
   */
  expire_within_7_days: number;
  /** @example 3 */
  expire_within_30_days: number;
  /** The first 50 of those that expire within 30 days, the soonest first. */
  expiring: ExpiringKeyDto[];
}

export class HourDto {
  starts_at: string;
  /**
   * With a key that opens it.
   * @example 310
   */
  allowed: number;
  /**
   * Of public components.
   * @example 25
   */
  allowed_public: number;
  /** @example 12 */
  denied: number;
  /**
   * Not decided, and answered with 503.
   * @example 0
   */
  error: number;
}

export class DenialsDto {
  /** @example unknown-key */
  reason: string;
  /** @example 7 */
  requests: number;
}

/** How requests were answered. What was asked in the last ten seconds may not be counted yet. */
export class RequestsStatusDto {
  /** The last 24 hours in their order, the present one too. */
  by_hour: HourDto[];
  /** Since midnight UTC, the most frequent first. */
  denied_today: DenialsDto[];
}

/** A promotion, rollback or withdrawal, as far as it is. */
export class PromotionSummaryDto {
  id: string;
  /** `promotion`, `rollback` or `withdrawal`. */
  kind: string;
  /** @example el9-x86_64 */
  target: string;
  state: PromotionState;
  /** When it ended; while it is under way, when it was ordered. */
  at: string;
  /**
   * Why it failed; null: it did not.
   * @example null
   */
  error_code: string | null;
}

export class PublicationPromotionsDto {
  /** @example rpm/core/2025/el9-x86_64 */
  publication: string;
  /**
   * Ordered and not ended: at most one of them runs, the others are queued.
   * @example 1
   */
  under_way: number;
  /**
   * Of those: the ones that wait for signatures.
   * @example 0
   */
  awaiting_signer: number;
  /**
   * For so long nobody has come to sign; null: nothing waits for a signature.
   * @example null
   */
  seconds_without_signer: number | null;
  /** The one that was ordered last. */
  last: PromotionSummaryDto;
  /** The last that failed since a release went live; null: none has. */
  failure: PromotionSummaryDto | null;
}

/** How everything is. */
export class StatusDto {
  /** The worst of the warnings; `ok` without any. */
  state: Severity | 'ok';
  /** Of Packyard. */
  version: string;
  /** When this process was started. */
  started_at: string;
  /**
   * Seconds since then.
   * @example 86400
   */
  uptime_seconds: number;
  /** When this was read. */
  observed_at: string;
  /** The worst first; empty when all is well. */
  warnings: WarningDto[];
  /** In the order of the catalogue. */
  components: ComponentStatusDto[];
  /** Null while the database does not answer. */
  keys: KeysStatusDto | null;
  /** Null while the database does not answer. */
  requests: RequestsStatusDto | null;
  /** Of each publication that anything was ever ordered for, by its name. Null while the database does not answer. */
  promotions: PublicationPromotionsDto[] | null;
  health: HealthDto;
}

export function statusDto(status: Status): StatusDto {
  const { version, startedAt, observedAt, components, keys, requests } = status;
  const { promotions, health } = status;
  const warnings = warningsOf(status);
  return {
    state: overallState(warnings),
    version,
    started_at: startedAt.toISOString(),
    uptime_seconds: Math.max(0, Math.floor((observedAt.getTime() - startedAt.getTime()) / 1000)),
    observed_at: observedAt.toISOString(),
    warnings,
    components: components.map(({ component: { name, visibility }, published }) => ({
      name,
      visibility,
      published: publishedDto(published),
    })),
    keys: keys && keysDto(keys),
    requests: requests && requestsDto(requests),
    promotions: promotions && promotions.map(publicationDto),
    health: healthDto(health),
  };
}

function keysDto({ expireWithin7Days, expireWithin30Days, expiring, ...counts }: KeysStatus) {
  return {
    ...counts,
    expire_within_7_days: expireWithin7Days,
    expire_within_30_days: expireWithin30Days,
    expiring: expiring.map(({ id, label, customer, components, expiresAt }) => ({
      id,
      label,
      customer,
      components: [...components],
      expires_at: expiresAt.toISOString(),
    })),
  };
}

function requestsDto({ byHour, deniedToday }: RequestsStatus): RequestsStatusDto {
  return {
    by_hour: byHour.map(({ startsAt, ...counts }) => ({
      starts_at: startsAt.toISOString(),
      ...counts,
    })),
    denied_today: deniedToday.map(({ reason, requests }) => ({ reason, requests })),
  };
}

function publicationDto(promotions: PublicationPromotions): PublicationPromotionsDto {
  const { publication, underWay, awaitingSigner, secondsWithoutSigner, last, failure } = promotions;
  return {
    publication,
    under_way: underWay,
    awaiting_signer: awaitingSigner,
    seconds_without_signer: secondsWithoutSigner && Math.round(secondsWithoutSigner),
    last: summaryDto(last),
    failure: failure && summaryDto(failure),
  };
}

function summaryDto({ at, errorCode, ...summary }: PromotionSummary): PromotionSummaryDto {
  const { id, kind, target, state } = summary;
  return { id, kind, target, state, at: at.toISOString(), error_code: errorCode };
}
