import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Destination, Format } from '../../promotion/publication.js';
import { DebSigner } from '../../signer/deb/deb-signer.js';
import { readExpectedFiles } from '../../signer/expected-files.js';
import type { FormatSigner, SigningCase } from '../../signer/format-signer.js';
import { Keyring } from '../../signer/keyring.js';
import { openStaging } from '../../signer/open-staging.js';
import { openCosignSecret } from '../../signer/oci/cosign-secret.js';
import { OciSigner } from '../../signer/oci/oci-signer.js';
import { readOwnImages, stagedImages, type StagedImageFiles } from '../../signer/oci/own-images.js';
import { ownComponent, ownImages } from '../../signer/own-catalogue.js';
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
  /** Of images: what subscribers type. */
  readonly host: string;
}

const VARIABLES = {
  privateKey: 'GPG_PRIVATE_KEY',
  fingerprint: 'GPG_KEY_ID',
  passphrase: 'GPG_PASSPHRASE',
} as const;

/** Whether the environment has any part of a signing key: then it is used, whatever the server says. */
export function hasSigningKey({ signing, cosign }: CliEnvironment, format: Format): boolean {
  if (format === 'oci') return cosign.privateKey !== undefined;
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
    /** Of images: what is staged for each architecture of the checkout's catalogue. */
    readonly images: readonly StagedImageFiles[],
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
    const open = (place: Destination) =>
      new StagedFiles(
        openStaging(env),
        place,
        join(folder.path, 'staged', place.target),
        expected || undefined,
        signal,
      );
    const isPromotion = order.kind === 'promotion';
    const isImage = order.destination.format === 'oci';
    const staged = isPromotion && !isImage ? open(order.destination) : undefined;
    const images =
      isPromotion && isImage
        ? stagedImages(
            order.destination,
            await ownImages(environment.catalogueFile, order.destination),
            open,
          )
        : [];
    return new SigningSession(environment, order, options, folder, staged, images);
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
    if (format === 'oci') return this.prepareImages();
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
    return format === 'deb' ? new DebSigner(all) : new RpmSigner(all);
  }

  /** What is signed of images is written here: nothing that is live goes into it. */
  private async prepareImages(): Promise<FormatSigner> {
    const { order, options, environment } = this;
    if (order.kind !== 'promotion') return new OciSigner(order.kind);
    if (options.base !== undefined) {
      throw new SigningRefused('Images are not built upon what is live: leave --base out.');
    }
    const publicKeyFile = join(options.publicKeys, 'cosign.pub');
    const key = await openCosignSecret(environment.cosign, publicKeyFile);
    const component = await ownImages(environment.catalogueFile, order.destination);
    const images = await readOwnImages(this.images);
    const { series } = order.destination;
    return new OciSigner(order.kind, { component, series, images, key, host: options.host });
  }

  async close(): Promise<void> {
    await this.keyring?.close();
    await this.folder.remove();
  }
}
