import type { BlockList } from 'node:net';
import { resolve } from 'node:path';
import { cleanEnv, EnvError } from 'envalid';
import { StartError } from '../common/start-error.js';
import { settingSpecs } from './setting-specs.js';
import type { ListenAddress, ListenSetting } from './setting-validators.js';

/** Injection token of the process's settings. */
export const SETTINGS = Symbol('SETTINGS');

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
  readonly publishedDir: string;
  readonly publicKeysDir: string;
  readonly catalogueFile: string;
  readonly registryUrl?: string;
  /** Seconds. */
  readonly authMaxStaleness: number;
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
    databaseUrl: read.DATABASE_URL,
    dataDir,
    publishedDir: resolve(read.PUBLISHED_DIR || `${dataDir}/published`),
    publicKeysDir: resolve(read.PUBLIC_KEYS_DIR || 'static/content/gpg'),
    catalogueFile: resolve(read.PACKYARD_CONFIG || 'config/packyard.yml'),
    registryUrl: optional(read.REGISTRY_URL),
    authMaxStaleness: read.AUTH_MAX_STALENESS,
    adminAllowedPeers: read.ADMIN_ALLOWED_CIDRS,
    adminAllowedHosts: read.ADMIN_ALLOWED_HOSTS,
    adminTokensFile: read.ADMIN_TOKENS_FILE ? resolve(read.ADMIN_TOKENS_FILE) : undefined,
    logLevel: read.LOG_LEVEL,
    production: read.NODE_ENV === 'production',
  };
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

function refuseMistakes({ errors }: { errors: Partial<Record<string, Error>> }): void {
  const mistakes = Object.entries(errors).map(
    ([name, error]) =>
      `  ${name}: ${error instanceof EnvError ? error.message : 'it cannot be read'}`,
  );
  if (mistakes.length === 0) return;
  throw new StartError(
    `These settings cannot be used:\n${mistakes.join('\n')}\ndocs/configuration.md explains each of them.`,
  );
}
