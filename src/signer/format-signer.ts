import type { Keyring } from './keyring.js';
import type { PromotionApi, SignerOrder, ToldPromotion, ToldRequest } from './promotion-api.js';
import type { StagedFiles } from './staged-files.js';

/** What the next release is built upon, as its own signature vouches for it. */
export interface BaseNote {
  /** `rpm/core/2025/el9-x86_64`, or of a DEB publication `deb/core/2025 bookworm`. */
  readonly of: string;
  /** Null: the server says that there is none, and everything that is live would go. */
  readonly base: {
    readonly release: string;
    readonly date: Date;
    /** What `--base` pins: the SHA-256 of `repomd.xml` or of the distribution's `Release`. */
    readonly digest: string;
    readonly packages: number;
  } | null;
}

/** What every format needs to judge a request. */
export interface SigningCase {
  readonly api: PromotionApi;
  readonly order: SignerOrder;
  readonly keyring: Keyring;
  /** The signer's own `lts.asc`. */
  readonly publicKey: string;
  /** Of a promotion. */
  readonly staged?: StagedFiles;
  /** The architectures that the signer's own catalogue has for the component's DEB packages. */
  readonly architectures: readonly string[];
  /** A digest, or `none`: what the base has to be. */
  readonly expectedBase?: string;
  /** A folder of our own, on a disk. */
  readonly workFolder: string;
  readonly onBase: (note: BaseNote) => void;
  /** Of a rollback: what is brought back, as its own signature vouches for it. */
  readonly onRestored: (note: BaseNote) => void;
}

/** What a format asks to be signed, and what has to be true of it. */
export interface FormatSigner {
  /**
   * The signature that is asked for.
   * @throws SigningRefused where it is not what was ordered, or where nothing vouches for it
   */
  answer(request: ToldRequest, promotion: ToldPromotion): Promise<Buffer>;

  /** What cannot be live because it was not signed, once the server says that it is; undefined: nothing. */
  unsigned(): string | undefined;
}

/** Where the metadata that is to be signed is, in the promotion's work folder. */
export const SNAPSHOT = 'snapshot/tree/';
