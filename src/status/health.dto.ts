import type { AuthProcess, Health } from './status.js';

export class DatabaseHealthDto {
  up: boolean;
  /**
   * Milliseconds for the shortest question there is; null when it was not answered.
   * @example 1
   */
  latency_ms: number | null;
  /**
   * What is wrong, for a person.
   * @example null
   */
  problem: string | null;
}

/** What this process holds of keys and catalogue in memory. */
export class AccessViewDto {
  /** `stale`: older than AUTH_MAX_STALENESS; `unloaded`: never read. Neither lets anybody through. */
  freshness: 'current' | 'stale' | 'unloaded';
  /**
   * Seconds since it was known to be what the database holds; null: it is not known to be right at all.
   * @example 0
   */
  staleness_seconds: number | null;
}

export class AuthProcessDto {
  id: string;
  /** `behind`: a change of more than two seconds ago is not in force there; `silent`: it does not report. */
  state: AuthProcess['state'];
  /**
   * The change that it has last taken into use.
   * @example 42
   */
  revision: number;
  /** @example 3 */
  seen_seconds_ago: number;
  /**
   * Seconds for which it goes on deciding without the database.
   * @example 60
   */
  max_staleness_seconds: number;
}

export class AuthProcessesDto {
  /**
   * The newest change to keys or catalogue.
   * @example 42
   */
  newest_revision: number;
  /** The processes that decide, as far as they reported within ten minutes. */
  processes: AuthProcessDto[];
}

export class GpgKeyDto {
  /** @example 6E3C2F0B8A4D19E57C61B2A9F0D4837E5B1C9A20 */
  fingerprint: string;
  /** @example ["LTS (Package Signing Key) <lts-signing@example.org>"] */
  user_ids: string[];
  /** When clients begin to refuse what it signs; null: it does not expire. */
  expires_at: string | null;
}

/** The public keys that subscribers verify with. */
export class SigningKeysDto {
  /** Those of `lts.asc`. */
  gpg: GpgKeyDto[];
  /** Whether `cosign.pub` holds a public key. */
  cosign: boolean;
  /** Made by Packyard itself for trying it out: they vouch for nothing. */
  development: boolean;
  /**
   * What is missing or broken.
   * @example []
   */
  problems: string[];
}

export class PublishedTreeDto {
  /** @example /srv/packyard/published */
  folder: string;
  up: boolean;
  /**
   * Bytes of its file system that are free; null when it cannot be read.
   * @example 53687091200
   */
  free_bytes: number | null;
  /** @example 107374182400 */
  total_bytes: number | null;
  /**
   * What is wrong, for a person.
   * @example null
   */
  problem: string | null;
}

export class RegistryHealthDto {
  up: boolean;
  /**
   * What is wrong, for a person.
   * @example "The registry does not answer within 2 s."
   */
  problem: string | null;
}

/** Of the newest backup that was restored to try it. */
export class BackupHealthDto {
  /** Null: there is none yet. */
  last_verified_at: string | null;
  /** Whether it is copied off this host. */
  off_host: boolean;
  encrypted: boolean;
  /**
   * What is wrong, for a person.
   * @example null
   */
  problem: string | null;
}

export class HealthDto {
  database: DatabaseHealthDto;
  access_view: AccessViewDto;
  /** Null while the database does not answer. */
  auth_processes: AuthProcessesDto | null;
  signing_keys: SigningKeysDto;
  published_tree: PublishedTreeDto;
  /** Null when REGISTRY_URL is not set. */
  registry: RegistryHealthDto | null;
  /** Null when BACKUP_DIR is not set. */
  backup: BackupHealthDto | null;
}

export function healthDto(health: Health): HealthDto {
  const { database, accessView, authProcesses, signingKeys, publishedTree, registry, backup } =
    health;
  return {
    database: { up: database.up, latency_ms: database.latency, problem: database.problem },
    access_view: { freshness: accessView.freshness, staleness_seconds: accessView.staleness },
    auth_processes: authProcesses && {
      newest_revision: authProcesses.newestRevision,
      processes: authProcesses.processes.map(({ id, state, revision, ...process }) => ({
        id,
        state,
        revision,
        seen_seconds_ago: process.seenSecondsAgo,
        max_staleness_seconds: process.maxStaleness,
      })),
    },
    signing_keys: {
      gpg: signingKeys.gpg.map(({ fingerprint, userIds, expiresAt }) => ({
        fingerprint,
        user_ids: [...userIds],
        expires_at: expiresAt?.toISOString() ?? null,
      })),
      cosign: signingKeys.cosign,
      development: signingKeys.development,
      problems: [...signingKeys.problems],
    },
    published_tree: {
      folder: publishedTree.folder,
      up: publishedTree.up,
      free_bytes: publishedTree.space?.free ?? null,
      total_bytes: publishedTree.space?.total ?? null,
      problem: publishedTree.problem,
    },
    registry: registry && { ...registry },
    backup: backup && {
      last_verified_at: backup.lastVerifiedAt?.toISOString() ?? null,
      off_host: backup.offHost,
      encrypted: backup.encrypted,
      problem: backup.problem,
    },
  };
}
