import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Destination } from '../../promotion/publication.js';
import { DebSigner } from '../../signer/deb/deb-signer.js';
import { readExpectedFiles } from '../../signer/expected-files.js';
import type { FormatSigner, SigningCase } from '../../signer/format-signer.js';
import { Keyring } from '../../signer/keyring.js';
import { openStaging } from '../../signer/open-staging.js';
import { ownComponent } from '../../signer/own-catalogue.js';
import { makePrivateFolder, type PrivateFolder } from '../../signer/private-folder.js';
import type { SignerOrder } from '../../signer/promotion-api.js';
import { RpmSigner } from '../../signer/rpm/rpm-signer.js';
import { requireSignerTools } from '../../signer/signer-tools.js';
import { SigningRefused } from '../../signer/signing-refused.js';
import { StagedFiles } from '../../signer/staged-files.js';
import { PrimaryKeys } from '../../signing/primary-keys.js';
import type { CliEnvironment } from '../environment.js';

/** What a command says of signing, besides what is to be signed. */
export interface SigningOptions {
  readonly publicKeys: string;
  readonly stagingUrl: string | undefined;
  readonly expect: string | undefined;
  readonly base: string | undefined;
}

const VARIABLES = {
  privateKey: 'GPG_PRIVATE_KEY',
  fingerprint: 'GPG_KEY_ID',
  passphrase: 'GPG_PASSPHRASE',
} as const;

/** Whether the environment has any part of a signing key: then it is used, whatever the server says. */
export function hasSigningKey({ signing }: CliEnvironment): boolean {
  return Object.values(signing).some((each) => each !== undefined);
}

/** @throws SigningRefused that names every variable that is missing */
export function requireSigningKey({ signing }: CliEnvironment) {
  const { privateKey, fingerprint, passphrase } = signing;
  if (privateKey !== undefined && fingerprint !== undefined && passphrase !== undefined) {
    return { privateKey, fingerprint, passphrase };
  }
  const missing = (Object.keys(VARIABLES) as (keyof typeof VARIABLES)[]).filter(
    (name) => signing[name] === undefined,
  );
  throw new SigningRefused(
    `The signing key is taken from the environment, and ${missing.map((name) => VARIABLES[name]).join(' and ')} ` +
      `${missing.length === 1 ? 'is' : 'are'} not set there.`,
  );
}

/** The public keys of the checkout. @throws SigningRefused where they are not there */
export async function readPublicKey(folder: string): Promise<string> {
  const file = join(folder, 'lts.asc');
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new SigningRefused(
      `The public signing key cannot be read: ${error.message}. Commit it as static/content/gpg/lts.asc, or name its folder with --public-keys.`,
    );
  });
}

/** What is made for one order and gone after it: our own copies of what is staged, and the key in memory. */
export class SigningSession {
  private keyring: Keyring | undefined;

  private constructor(
    private readonly environment: CliEnvironment,
    private readonly order: SignerOrder,
    private readonly options: SigningOptions,
    private readonly folder: PrivateFolder,
    readonly staged: StagedFiles | undefined,
  ) {}

  /** @throws SigningRefused, StartError */
  static async open(
    environment: CliEnvironment,
    order: SignerOrder,
    options: SigningOptions,
    signal: AbortSignal,
  ): Promise<SigningSession> {
    const expected = options.expect && (await readExpectedFiles(options.expect));
    const folder = await makePrivateFolder(tmpdir());
    const env = { ...environment.staging };
    if (options.stagingUrl !== undefined) env.STAGING_URL = options.stagingUrl;
    const staged =
      order.kind === 'promotion'
        ? new StagedFiles(
            openStaging(env),
            order.destination,
            join(folder.path, 'staged'),
            expected || undefined,
            signal,
          )
        : undefined;
    return new SigningSession(environment, order, options, folder, staged);
  }

  get workFolder(): string {
    return this.folder.path;
  }

  /**
   * Checks the key and reads what is staged: from here on everything is there to judge what the server asks.
   * @throws SigningRefused, DomainError
   */
  async prepare(given: Pick<SigningCase, 'api' | 'onBase' | 'onRestored'>): Promise<FormatSigner> {
    const { order, options, environment, workFolder } = this;
    const { format, component } = order.destination;
    await requireSignerTools(format);
    const publicKey = await readPublicKey(options.publicKeys);
    const key = requireSigningKey(environment);
    const own = await ownComponent(environment.catalogueFile, component);
    await this.staged?.fetch();
    this.staged?.require();
    const keyring = await Keyring.open(key, await PrimaryKeys.parse(publicKey));
    this.keyring = keyring;
    const all: SigningCase = {
      ...given,
      ...{ order, keyring, publicKey, workFolder },
      ...(this.staged && { staged: this.staged }),
      architectures: own.deb?.architectures ?? [],
      ...(options.base !== undefined && { expectedBase: options.base }),
    };
    return signerOf(format, all);
  }

  async close(): Promise<void> {
    await this.keyring?.close();
    await this.folder.remove();
  }
}

function signerOf(format: Destination['format'], given: SigningCase): FormatSigner {
  switch (format) {
    case 'rpm':
      return new RpmSigner(given);
    case 'deb':
      return new DebSigner(given);
    case 'oci':
      throw new SigningRefused('Images are not promoted yet.');
  }
}
