import { performance } from 'node:perf_hooks';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { ChangeFeed } from '../changes/change-feed.js';
import { Clock } from '../common/clock.js';
import { LOGGER } from '../common/logger.js';
import { packageVersion } from '../common/project-folder.js';
import { ComponentsService } from '../components/components.service.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { isDatabaseUnavailable } from '../database/is-database-unavailable.js';
import { PublishedService } from '../published/published.service.js';
import { readPublicSigningKeys } from '../signing/public-signing-keys.js';
import { readBackupStatus } from './read-backup-status.js';
import type {
  AccessViewStatus,
  AuthProcessesStatus,
  ComponentStatus,
  DatabaseStatus,
  KeysStatus,
  PublicationPromotions,
  PublishedTreeStatus,
  RegistryStatus,
  RequestsStatus,
  Status,
} from './status.js';
import { StatusStore } from './status.store.js';

/** Milliseconds for all that is asked of the database: a person waits for it. */
const DATABASE_PATIENCE = 3_000;
/** Seconds: three of the intervals at which a process reports (changes/process-registration.ts). */
const MAX_SILENCE = 15;

interface DatabaseParts {
  readonly database: DatabaseStatus;
  readonly keys: KeysStatus | null;
  readonly requests: RequestsStatus | null;
  readonly promotions: readonly PublicationPromotions[] | null;
  readonly authProcesses: AuthProcessesStatus | null;
}

/** The state of things, for a person who wants to know whether all is well. */
@Injectable()
export class StatusService {
  private readonly version = packageVersion();

  constructor(
    private readonly store: StatusStore,
    private readonly components: ComponentsService,
    private readonly published: PublishedService,
    private readonly feed: ChangeFeed,
    private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Never fails because a part of it does: that part says what is the matter, or is null. */
  async report(): Promise<Status> {
    const observedAt = this.clock.now();
    const [components, parts, signingKeys, publishedTree, registry, backup] = await Promise.all([
      this.publishedComponents(),
      this.askDatabase(observedAt),
      readPublicSigningKeys(this.settings.publicKeysDir),
      this.lookAtPublishedTree(),
      this.askRegistry(),
      this.settings.backupDir ? readBackupStatus(this.settings.backupDir) : null,
    ]);
    const { database, keys, requests, promotions, authProcesses } = parts;
    return {
      version: this.version,
      startedAt: new Date(performance.timeOrigin),
      observedAt,
      components,
      keys,
      requests,
      promotions,
      health: {
        database,
        accessView: this.accessView(),
        authProcesses,
        signingKeys,
        publishedTree,
        registry,
        backup,
      },
    };
  }

  private publishedComponents(): Promise<ComponentStatus[]> {
    return Promise.all(
      this.components
        .list()
        .map(async (component) => ({ component, published: await this.published.of(component) })),
    );
  }

  private async askDatabase(now: Date): Promise<DatabaseParts> {
    try {
      return await within(DATABASE_PATIENCE, this.readDatabase(now));
    } catch (error) {
      this.logger.warn({ err: error }, 'the status lacks what the database knows');
      const problem =
        error instanceof TooLong || isDatabaseUnavailable(error)
          ? 'The database does not answer.'
          : 'The database answers, and not as it should; the log says more.';
      const database = { up: false, latency: null, problem };
      return { database, keys: null, requests: null, promotions: null, authProcesses: null };
    }
  }

  private async readDatabase(now: Date): Promise<DatabaseParts> {
    const askedAt = performance.now();
    await this.store.ping();
    const latency = Math.round(performance.now() - askedAt);
    const [keys, requests, promotions, authProcesses] = await Promise.all([
      this.store.keys(now),
      this.store.requests(now),
      this.store.promotions(),
      this.store.authProcesses(MAX_SILENCE),
    ]);
    const database = { up: true, latency, problem: null };
    return { database, keys, requests, promotions, authProcesses };
  }

  private accessView(): AccessViewStatus {
    const staleness = this.feed.staleness();
    return {
      freshness: this.feed.freshness(),
      staleness: Number.isFinite(staleness) ? Math.round(staleness) : null,
    };
  }

  private async lookAtPublishedTree(): Promise<PublishedTreeStatus> {
    const folder = this.settings.publishedDir;
    try {
      return { folder, up: true, space: await this.published.space(), problem: null };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return {
        folder,
        up: false,
        space: null,
        problem: `The published tree ${folder} cannot be read (${code}).`,
      };
    }
  }

  private async askRegistry(): Promise<RegistryStatus | null> {
    if (!this.published.hasRegistry) return null;
    try {
      await this.published.pingRegistry();
      return { up: true, problem: null };
    } catch (error) {
      return { up: false, problem: `The registry ${(error as Error).message}.` };
    }
  }
}

class TooLong extends Error {}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLong(`no answer in ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([work, tooLong]).finally(() => clearTimeout(timer));
}
