import type { BlockList } from 'node:net';
import { resolve } from 'node:path';
import { cleanEnv, EnvError } from 'envalid';
import { StartError } from '../common/start-error.js';
import { withPasswordOf } from './database-password.js';
import { type RegistryCredentials, registryCredentials } from './registry-credentials.js';
import { settingSpecs } from './setting-specs.js';
import type { ListenAddress, ListenSetting, StagingLocation } from './setting-validators.js';

/** Injection token of the process's settings. */
export const SETTINGS = Symbol('SETTINGS');

/** A bucket of an S3-compatible server, and who we are to it. */
export interface S3Staging {
  readonly kind: 's3';
  readonly bucket: string;
  /** `http://rustfs:9000` */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export type StagingSettings = { readonly kind: 'folder'; readonly folder: string } | S3Staging;

/** What the process was told, checked and with defaults filled in. Folders are absolute. */
export interface Settings {
  readonly listen: {
    readonly auth?: ListenAddress;
    readonly admin?: ListenAddress;
    readonly metrics?: ListenAddress;
    readonly gateway?: ListenAddress;
  };
  /** Empty means "the gateway's address", known once it listens. */
  readonly publicUrl: string;
  /** Empty: start the embedded database; from then on, its address. */
  readonly databaseUrl: string;
  readonly dataDir: string;
  /** Undefined: none is kept. */
  readonly keyJournalDir?: string;
  /** Undefined: nothing is known of backups. */
  readonly backupDir?: string;
  readonly publishedDir: string;
  readonly publicKeysDir: string;
  readonly catalogueFile: string;
  readonly staging: StagingSettings;
  /** Of the file servers that stand behind Traefik, by format. Undefined: none is known. */
  readonly filesUrls: { readonly rpm?: string; readonly deb?: string };
  readonly registryUrl?: string;
  /** Undefined: the registry lets this process write without them. */
  readonly registryCredentials?: RegistryCredentials;
  /** Seconds. */
  readonly authMaxStaleness: number;
  /** Seconds. */
  readonly signingTimeout: number;
  readonly releasesKept: number;
  readonly adminAllowedPeers: BlockList;
  readonly adminAllowedHosts: readonly string[];
  /** Undefined: no token is needed. */
  readonly adminTokensFile?: string;
  readonly logLevel: string;
  readonly production: boolean;
}

/** The one reader of the environment. @throws StartError that names every mistake at once. */
export function loadSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const read = cleanEnv(env, settingSpecs, { reporter: refuseMistakes });

  const dataDir = resolve(read.PACKYARD_DATA_DIR || '.packyard');
  return {
    listen: {
      auth: whenOn(read.AUTH_LISTEN),
      admin: whenOn(read.ADMIN_LISTEN),
      metrics: whenOn(read.METRICS_LISTEN),
      gateway: gatewayAddress(read.GATEWAY_LISTEN, read.DATABASE_URL === ''),
    },
    publicUrl: read.PUBLIC_URL,
    databaseUrl: withPasswordOf(read.DATABASE_PASSWORD_FILE, read.DATABASE_URL),
    dataDir,
    keyJournalDir: read.KEY_JOURNAL_DIR ? resolve(read.KEY_JOURNAL_DIR) : undefined,
    backupDir: read.BACKUP_DIR ? resolve(read.BACKUP_DIR) : undefined,
    publishedDir: resolve(read.PUBLISHED_DIR || `${dataDir}/published`),
    publicKeysDir: resolve(read.PUBLIC_KEYS_DIR || 'static/content/gpg'),
    catalogueFile: resolve(read.PACKYARD_CONFIG || 'config/packyard.yml'),
    staging: stagingSettings(read, dataDir),
    filesUrls: { rpm: optional(read.RPM_FILES_URL), deb: optional(read.DEB_FILES_URL) },
    registryUrl: optional(read.REGISTRY_URL),
    registryCredentials: registryCredentials(
      read.REGISTRY_USERNAME,
      read.REGISTRY_PASSWORD,
      read.REGISTRY_PASSWORD_FILE,
    ),
    authMaxStaleness: read.AUTH_MAX_STALENESS,
    signingTimeout: read.SIGNING_TIMEOUT,
    releasesKept: read.RELEASES_KEPT,
    adminAllowedPeers: read.ADMIN_ALLOWED_CIDRS,
    adminAllowedHosts: read.ADMIN_ALLOWED_HOSTS,
    adminTokensFile: read.ADMIN_TOKENS_FILE ? resolve(read.ADMIN_TOKENS_FILE) : undefined,
    logLevel: read.LOG_LEVEL,
    production: read.NODE_ENV === 'production',
  };
}

/**
 * Where staging is, for a program that needs nothing else.
 * @throws StartError that names every mistake at once
 */
export function loadStagingSettings(env: NodeJS.ProcessEnv = process.env): StagingSettings {
  const { PACKYARD_DATA_DIR, STAGING_URL, STAGING_ACCESS_KEY, STAGING_SECRET_KEY } = settingSpecs;
  const specs = { PACKYARD_DATA_DIR, STAGING_URL, STAGING_ACCESS_KEY, STAGING_SECRET_KEY };
  const read = cleanEnv(env, specs, { reporter: refuseMistakes });
  return stagingSettings(read, resolve(read.PACKYARD_DATA_DIR || '.packyard'));
}

/** What of the environment says where staging is. */
interface StagingEnvironment {
  readonly STAGING_URL: StagingLocation;
  readonly STAGING_ACCESS_KEY: string;
  readonly STAGING_SECRET_KEY: string;
}

function stagingSettings(
  { STAGING_URL: location, STAGING_ACCESS_KEY, STAGING_SECRET_KEY }: StagingEnvironment,
  dataDir: string,
): StagingSettings {
  if (location.kind === 'folder') {
    return { kind: 'folder', folder: resolve(location.folder || `${dataDir}/staging`) };
  }
  return { ...location, accessKey: STAGING_ACCESS_KEY, secretKey: STAGING_SECRET_KEY };
}

/** An S3 server wants to know who asks; a folder does not. */
function missingCredentials(read: Partial<StagingEnvironment>): Record<string, EnvError> {
  if (read.STAGING_URL?.kind !== 's3') return {};
  const missing = (['STAGING_ACCESS_KEY', 'STAGING_SECRET_KEY'] as const).filter(
    (name) => read[name] === '',
  );
  return Object.fromEntries(
    missing.map((name) => [name, new EnvError('it is empty, and STAGING_URL is an S3 server')]),
  );
}

/** The gateway is for a person without Traefik and nginx, so it is on by itself only with the embedded database. */
function gatewayAddress(given: ListenSetting, embedded: boolean): ListenAddress | undefined {
  if (given !== 'by database') return whenOn(given);
  return embedded ? { host: '127.0.0.1', port: 8000 } : undefined;
}

function whenOn(address: ListenSetting): ListenAddress | undefined {
  return typeof address === 'object' ? address : undefined;
}

function optional(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function refuseMistakes({
  errors,
  env,
}: {
  errors: Partial<Record<string, Error>>;
  env: unknown;
}): void {
  const all = { ...missingCredentials(env as Partial<StagingEnvironment>), ...errors };
  const mistakes = Object.entries(all).map(
    ([name, error]) =>
      `  ${name}: ${error instanceof EnvError ? error.message : 'it cannot be read'}`,
  );
  if (mistakes.length === 0) return;
  throw new StartError(
    `These settings cannot be used:\n${mistakes.join('\n')}\ndocs/configuration.md explains each of them.`,
  );
}
