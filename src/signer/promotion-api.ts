import type { SignatureForm } from '../promotion/format-builder.js';
import type { PromotionState } from '../promotion/promotion.js';
import type { Destination } from '../promotion/publication.js';
import type { ReleaseKind } from '../promotion/release.js';

/** What is wanted, as whoever gives the command says it: the server's answers are held against this. */
export type SignerOrder =
  | {
      readonly kind: 'promotion';
      readonly destination: Destination;
      /** A retention: how many of the newest versions of each package stay; otherwise all. */
      readonly keep?: number;
    }
  | {
      readonly kind: 'rollback';
      readonly destination: Destination;
      /** The release whose set of the target is brought back. */
      readonly release: string;
    }
  | {
      readonly kind: 'withdrawal';
      /** Of a DEB publication, packages of several targets can be taken away at once. */
      readonly destination: Omit<Destination, 'target'> & { readonly target?: string };
      readonly release: string;
      /** Paths in the publication, or file names. */
      readonly packages: readonly string[];
      readonly now: boolean;
    };

/** A promotion as the server tells of it. */
export interface ToldPromotion {
  readonly id: string;
  readonly kind: ReleaseKind;
  readonly component: string;
  readonly series: string;
  readonly format: string;
  readonly target: string;
  readonly state: PromotionState;
  /** The release that it is built upon. */
  readonly base: string | null;
  /** The release that it makes. */
  readonly release: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Why it was cancelled; null where it was not, or nobody said. */
  readonly cancel_reason: string | null;
}

/** Something that the server wants signed. */
export interface ToldRequest {
  readonly n: number;
  readonly form: SignatureForm;
  readonly path: string;
  readonly sha256: string;
  readonly signed: boolean;
  /** In base64, where it has one. */
  readonly signature: string | null;
}

/**
 * The server as the signer sees it. Nothing that it answers is believed.
 *
 * Each throws what the adapter throws when the server cannot be asked; `ServerAway` where it may be back in a moment.
 */
export interface PromotionApi {
  /** Waits until something of the promotion may have changed: so many milliseconds at most. */
  change(id: string, atMost: number, signal: AbortSignal): Promise<void>;
  get(id: string): Promise<ToldPromotion>;
  requests(id: string): Promise<readonly ToldRequest[]>;
  /** @returns false where the server no longer waits for it: it has built anew, or has ended */
  sign(id: string, n: number, signature: Buffer): Promise<boolean>;
  /** A file of the snapshot that is being built. */
  readSnapshot(id: string, path: string): Promise<AsyncIterable<Uint8Array>>;
  /** A file of a release; undefined where it has none of that name. */
  readRelease(release: string, path: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /**
   * Fine where the promotion has ended.
   * @param reason for who looks at it later, at most 500 characters in one line
   */
  cancel(id: string, reason: string): Promise<void>;
}

/** The server does not answer now: it is started again, or the tunnel broke. */
export class ServerAway extends Error {
  override readonly name = 'ServerAway';
}
