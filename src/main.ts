import 'reflect-metadata';
import { mkdir } from 'node:fs/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { AdminTokens } from './admin/admin-tokens.js';
import { PACKYARD } from './audit/audit-event.js';
import { ChangeFeed } from './changes/change-feed.js';
import { DomainError } from './common/domain-error.js';
import { createLogger } from './common/logger.js';
import { StartError } from './common/start-error.js';
import { CatalogueView } from './components/catalogue-view.js';
import { ComponentsService } from './components/components.service.js';
import { loadSettings } from './config/settings.js';
import { createApp } from './create-app.js';
import { connect } from './database/connect.js';
import { createDataSource } from './database/data-source.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './database/embedded-postgres.js';
import { migrate } from './database/migrate.js';
import { KeyJournal } from './key-journal/key-journal.store.js';
import { reconcileKeyJournal } from './key-journal/reconcile-key-journal.js';
import { nextSteps } from './listeners/next-steps.js';
import { openListeners, type Listeners } from './listeners/open-listeners.js';
import { PublicUrl } from './setup/public-url.js';
import { publicKeysFolder } from './signing/public-keys.js';
import { LocalSigner } from './promotion/local-signer.js';
import { PromotionWorker } from './promotion/promotion-worker.js';
import { startToolsElsewhere } from './promotion/tools/run-tool.js';
import { StagingPreparation } from './staging/staging-preparation.js';
import { UsageWriter } from './usage/usage-writer.js';

/** What was started, to be stopped in the opposite order. */
interface Running {
  embedded?: EmbeddedPostgres;
  dataSource?: DataSource;
  app?: NestFastifyApplication;
  feed?: ChangeFeed;
  usage?: UsageWriter;
  staging?: StagingPreparation;
  promotions?: PromotionWorker;
  signer?: LocalSigner;
  listeners?: Listeners;
}

/** For a person. What is for a program is in the log, on standard output. */
function tell(message: string): void {
  process.stderr.write(`${message}\n`);
}

async function main(): Promise<void> {
  const running: Running = {};
  const stopped = untilToldToStop();
  try {
    const logger = await Promise.race([start(running), stopped.then(() => undefined)]);
    const reason = await Promise.race([stopped, failureOf(running.embedded)]);
    logger?.info({ reason }, 'stopping');
  } finally {
    await stop(running);
  }
}

async function start(running: Running): Promise<Logger> {
  const given = loadSettings();
  const logger = createLogger(given.logLevel);

  if (given.databaseUrl === '') {
    running.embedded = await startEmbeddedPostgres({ dataDir: given.dataDir, onProgress: tell });
  }
  if (given.listen.gateway) await makePublishedDir(given.publishedDir);
  const publicKeysDir = given.listen.gateway
    ? await publicKeysFolder({
        configured: given.publicKeysDir,
        dataDir: given.dataDir,
        production: given.production,
        onProgress: tell,
      })
    : given.publicKeysDir;
  const settings = {
    ...given,
    publicKeysDir,
    databaseUrl: running.embedded?.url ?? given.databaseUrl,
  };

  running.dataSource = createDataSource(settings.databaseUrl);
  if (settings.listen.admin) {
    await connect(running.dataSource, tell);
    await migrate(running.dataSource);
    if (settings.keyJournalDir) {
      await reconcileKeyJournal(new KeyJournal(settings.keyJournalDir, running.dataSource), tell);
    }
  }

  const app = await createApp(settings, logger, running.dataSource);
  running.app = app;
  const feed = app.get(ChangeFeed);
  running.feed = feed;
  feed.start();
  const usage = app.get(UsageWriter);
  running.usage = usage;
  usage.start();
  if (settings.listen.admin) {
    await readAdminTokens(app, logger);
    await readCatalogue(app, logger);
    const staging = app.get(StagingPreparation);
    running.staging = staging;
    staging.start();
    startToolsElsewhere();
    const promotions = app.get(PromotionWorker);
    running.promotions = promotions;
    promotions.start();
    const signer = app.get(LocalSigner);
    running.signer = signer;
    signer.start();
  }

  running.listeners = await openListeners(app, settings);
  app.get(PublicUrl).learnGateway(running.listeners.urlOf('gateway'));
  for (const name of running.listeners.names) {
    logger.info(
      { listener: name, address: new URL(running.listeners.urlOf(name) as string).host },
      'listening',
    );
  }
  await feed.loaded;
  logger.info('ready');
  if (running.embedded)
    tell(nextSteps(settings, running.listeners, app.get(CatalogueView).catalogue.components));
  return logger;
}

/** So that a person has a place to put packages. */
async function makePublishedDir(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new StartError(
      `Cannot make the published tree ${folder} (PUBLISHED_DIR): ${(error as Error).message}.`,
    );
  }
}

/**
 * Puts the catalogue file in force, now and on SIGHUP. One that would take a component from live keys
 * does not keep the process from starting: the operator needs it to put that right.
 */
async function readCatalogue(app: NestFastifyApplication, logger: Logger): Promise<void> {
  const components = app.get(ComponentsService);
  const reload = async () => {
    const { changed } = await components.reload({ force: false }, PACKYARD);
    logger.info({ changed }, 'read the catalogue');
  };
  process.on('SIGHUP', () => {
    reload().catch((error: Error) => logger.error({ err: error }, 'the catalogue stays as it was'));
  });
  await app.get(ChangeFeed).catchUp();
  try {
    await reload();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.code === 'CATALOGUE_INVALID') throw new StartError(error.message);
    logger.error({ code: error.code, details: error.details }, error.message);
  }
}

/** Puts the file of admin tokens in force, now and on SIGHUP. */
async function readAdminTokens(app: NestFastifyApplication, logger: Logger): Promise<void> {
  const tokens = app.get(AdminTokens);
  if (!tokens.required) return;
  const load = async () => logger.info({ tokens: await tokens.load() }, 'read the admin tokens');
  process.on('SIGHUP', () => {
    load().catch((error: Error) =>
      logger.error({ err: error }, 'the admin tokens stay as they were'),
    );
  });
  await load();
}

/** Rejects when the embedded database ends by itself; without one, never. */
async function failureOf(embedded: EmbeddedPostgres | undefined): Promise<never> {
  const reason = await (embedded?.ended ?? new Promise<never>(() => undefined));
  throw new StartError(
    `The embedded database ended: ${reason.message}. Start Packyard again; it recovers by itself.`,
  );
}

async function stop(running: Running): Promise<void> {
  const { listeners, signer, promotions, staging, usage, feed, app, dataSource, embedded } =
    running;
  await listeners?.close();
  await signer?.stop();
  await promotions?.stop();
  await staging?.stop();
  await usage?.stop();
  await feed?.stop();
  await app?.close();
  if (dataSource?.isInitialized) await dataSource.destroy();
  await embedded?.stop();
}

/** The first signal begins the stop; npm and a terminal may both send it, so more of the same change nothing. */
function untilToldToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on('SIGINT', resolve);
    process.on('SIGTERM', resolve);
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    tell(
      error instanceof StartError
        ? error.message
        : `Packyard cannot start: ${(error as Error).stack}`,
    );
    process.exit(1);
  },
);
