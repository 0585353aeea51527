import type { Component } from '../components/catalogue.js';
import type { PromotionState } from '../promotion/promotion.js';
import type { ReleaseKind } from '../promotion/release.js';
import type { Published } from '../published/published.js';
import type { PublicSigningKeys } from '../signing/public-signing-keys.js';

/** A component, with what subscribers get of it now. */
export interface ComponentStatus {
  readonly component: Component;
  readonly published: Published;
}

/** A key that stops working soon. */
export interface ExpiringKey {
  readonly id: string;
  readonly label: string;
  readonly customer: string | null;
  readonly components: readonly string[];
  readonly expiresAt: Date;
}

export interface KeysStatus {
  readonly active: number;
  readonly expired: number;
  readonly revoked: number;
  /** Of the active: those that expire within 7 and within 30 days. */
  readonly expireWithin7Days: number;
  readonly expireWithin30Days: number;
  /** Those within 30 days, the first to expire first; not all where there are many. */
  readonly expiring: readonly ExpiringKey[];
}

/** How requests are answered, as `access_outcome` has it. */
export const ACCESS_STATUSES = ['allowed', 'allowed_public', 'denied', 'error'] as const;
export type AccessStatus = (typeof ACCESS_STATUSES)[number];

/** How many requests were answered in which way. */
export type RequestCounts = Readonly<Record<AccessStatus, number>>;

export interface RequestsStatus {
  /** 24 hours, the last of them the present one; each is there, whether anything was asked or not. */
  readonly byHour: readonly (RequestCounts & { readonly startsAt: Date })[];
  /** Since midnight UTC, the most frequent first. */
  readonly deniedToday: readonly { readonly reason: string; readonly requests: number }[];
}

/** A promotion, rollback or withdrawal, as far as it is. */
export interface PromotionSummary {
  readonly id: string;
  readonly kind: ReleaseKind;
  readonly target: string;
  readonly state: PromotionState;
  /** When it ended; while it is under way, when it was ordered. */
  readonly at: Date;
  /** Why it failed; null: it did not. */
  readonly errorCode: string | null;
  /** What did not go as it should, and did not keep it from being live. */
  readonly warnings: readonly string[];
}

/** What is going on with a publication that something was ever ordered for. */
export interface PublicationPromotions {
  /** @example rpm/core/2025/el9-x86_64 */
  readonly publication: string;
  /** Ordered and not ended: at most one of them runs, the others are queued. */
  readonly underWay: number;
  /** Of those: the ones that wait for signatures. */
  readonly awaitingSigner: number;
  /** Seconds for which nobody has come to sign; null: nothing waits for a signature. */
  readonly secondsWithoutSigner: number | null;
  /** The one that was ordered last. */
  readonly last: PromotionSummary;
  /** The last that failed since a release went live; null: none has. */
  readonly failure: PromotionSummary | null;
}

/** A process that decides. */
export interface AuthProcess {
  readonly id: string;
  /** The change that it has last taken into use. */
  readonly revision: number;
  readonly seenSecondsAgo: number;
  /** Seconds for which it goes on deciding without the database. */
  readonly maxStaleness: number;
  /** `behind`: a change of more than 2 s ago is not in force there; `silent`: it does not report. */
  readonly state: 'current' | 'behind' | 'silent';
}

export interface AuthProcessesStatus {
  readonly newestRevision: number;
  readonly processes: readonly AuthProcess[];
}

export interface DatabaseStatus {
  readonly up: boolean;
  /** Milliseconds for the shortest question there is; null when it was not answered. */
  readonly latency: number | null;
  readonly problem: string | null;
}

/** Of what this process holds in memory. */
export interface AccessViewStatus {
  readonly freshness: 'current' | 'stale' | 'unloaded';
  /** Seconds since it was confirmed; null: it is not known to be right at all. */
  readonly staleness: number | null;
}

export interface PublishedTreeStatus {
  readonly folder: string;
  readonly up: boolean;
  /** Bytes of its file system; null when it cannot be had. */
  readonly space: { readonly free: number; readonly total: number } | null;
  readonly problem: string | null;
}

export interface RegistryStatus {
  readonly up: boolean;
  readonly problem: string | null;
}

/** Of the newest backup that was restored to try it, as `deploy/backup/backup.sh` left it in `status.json`. */
export interface BackupStatus {
  readonly lastVerifiedAt: Date | null;
  /** Whether it is copied off this host, and encrypted. */
  readonly offHost: boolean;
  readonly encrypted: boolean;
  readonly problem: string | null;
}

export interface Health {
  readonly database: DatabaseStatus;
  readonly accessView: AccessViewStatus;
  /** Null: the database could not be asked. */
  readonly authProcesses: AuthProcessesStatus | null;
  readonly signingKeys: PublicSigningKeys;
  readonly publishedTree: PublishedTreeStatus;
  /** Null: none is configured. */
  readonly registry: RegistryStatus | null;
  /** Null: none are configured. */
  readonly backup: BackupStatus | null;
}

/** Everything that the status answers with. A part that needs the database is null without it. */
export interface Status {
  readonly version: string;
  readonly startedAt: Date;
  readonly observedAt: Date;
  readonly components: readonly ComponentStatus[];
  readonly keys: KeysStatus | null;
  readonly requests: RequestsStatus | null;
  /** By the publication's name. */
  readonly promotions: readonly PublicationPromotions[] | null;
  readonly health: Health;
}
