import { hostname, userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';

/** What the command line takes from its surroundings. */
export interface CliEnvironment {
  /** PACKYARD_ADMIN_URL; `--admin-url` overrides it. */
  readonly adminUrl: string;
  /** PACKYARD_ADMIN_TOKEN, and from nowhere else: arguments are in the process list and the history. */
  readonly adminToken: string | undefined;
  /** Who the audit says it was. */
  readonly actor: string;
  /** May what goes to standard output be coloured? (https://no-color.org) */
  readonly colour: boolean;
  /** Columns of the terminal; undefined where standard output is none, and a table may be of any width. */
  readonly width: number | undefined;
  /** Where standard error is a terminal that can be drawn on: a log gets lines instead. */
  readonly terminal: { readonly columns: number } | undefined;
  /** The signing key, from here and from nowhere else. */
  readonly signing: {
    /** GPG_PRIVATE_KEY */
    readonly privateKey: string | undefined;
    /** GPG_KEY_ID */
    readonly fingerprint: string | undefined;
    /** GPG_PASSPHRASE */
    readonly passphrase: string | undefined;
  };
  /** The key for images: COSIGN_PRIVATE_KEY and COSIGN_PASSWORD, which may be empty. */
  readonly cosign: {
    readonly privateKey: string | undefined;
    readonly password: string | undefined;
  };
  /** What subscribers type, in the names of images: PACKYARD_HOST, or that of the production deployment. */
  readonly host: string;
  /** As the settings of the server are called; with RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY as the document has them. */
  readonly staging: {
    readonly STAGING_URL: string | undefined;
    readonly STAGING_ACCESS_KEY: string | undefined;
    readonly STAGING_SECRET_KEY: string | undefined;
    readonly PACKYARD_DATA_DIR: string | undefined;
  };
  /** Of the checkout: PUBLIC_KEYS_DIR and PACKYARD_CONFIG, or where it has them. */
  readonly publicKeysDir: string;
  readonly catalogueFile: string;
  /** Is it zsh that asks for completions? It shows what a word means. */
  readonly zsh: boolean;
}

/** The one reader of the environment and the terminal here. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): CliEnvironment {
  const { isTTY, columns } = process.stdout;
  return {
    adminUrl: env.PACKYARD_ADMIN_URL || 'http://127.0.0.1:8088',
    adminToken: env.PACKYARD_ADMIN_TOKEN || undefined,
    actor: env.PACKYARD_ACTOR || `${env.USER || userInfo().username}@${hostname()}`,
    colour: isTTY && !env.NO_COLOR && env.TERM !== 'dumb',
    width: isTTY ? columns : undefined,
    terminal: terminalOf(process.stderr, env),
    signing: {
      privateKey: env.GPG_PRIVATE_KEY || undefined,
      fingerprint: env.GPG_KEY_ID || undefined,
      passphrase: env.GPG_PASSPHRASE || undefined,
    },
    cosign: { privateKey: env.COSIGN_PRIVATE_KEY || undefined, password: env.COSIGN_PASSWORD },
    host: env.PACKYARD_HOST || 'pkg.example.org',
    staging: stagingOf(env),
    publicKeysDir: env.PUBLIC_KEYS_DIR || inCheckout('static/content/gpg'),
    catalogueFile: env.PACKYARD_CONFIG || inCheckout('config/packyard.yml'),
    zsh: env.SHELL?.includes('zsh') ?? false,
  };
}

function terminalOf({ isTTY, columns }: NodeJS.WriteStream, { TERM }: NodeJS.ProcessEnv) {
  return isTTY && TERM !== 'dumb' ? { columns } : undefined;
}

/** With credentials and no address, it is the server of the document, through the tunnel, as for stage-artifact.sh. */
function stagingOf(env: NodeJS.ProcessEnv): CliEnvironment['staging'] {
  const accessKey = env.STAGING_ACCESS_KEY || env.RUSTFS_ACCESS_KEY;
  const throughTunnel = accessKey ? 's3://staging?endpoint=http://127.0.0.1:9000' : undefined;
  return {
    STAGING_URL: env.STAGING_URL || throughTunnel,
    STAGING_ACCESS_KEY: accessKey,
    STAGING_SECRET_KEY: env.STAGING_SECRET_KEY || env.RUSTFS_SECRET_KEY,
    PACKYARD_DATA_DIR: env.PACKYARD_DATA_DIR,
  };
}

function inCheckout(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}
