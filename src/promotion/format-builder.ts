import type { Component } from '../components/catalogue.js';
import type { Destination, Format, Publication } from './publication.js';
import type { ReleaseDocument, ReleaseExtra, ReleasePackage } from './release.js';

/** What a staged file is, read from it with the format's own tool. */
export type StagedFile =
  | {
      readonly kind: 'package';
      readonly name: string;
      readonly version: string;
      readonly architecture: string;
      readonly identity: string;
      /** Where it goes in the publication. */
      readonly path: string;
      /** Of the published file, where that is another than the staged one: of an image its manifest. */
      readonly published?: Pick<ReleasePackage, 'size' | 'sha256'>;
    }
  | ({ readonly kind: 'extra' } & Pick<ReleaseExtra, 'type' | 'path' | 'size' | 'sha256'>);

/** A package or extra of the snapshot that is to be built, and the file that it is made from. */
export interface SnapshotFile<T extends ReleasePackage | ReleaseExtra> {
  readonly entry: T;
  /** Absolute; it is hard-linked and never written to. */
  readonly source: string;
}

/** A release that is there, and the folder of its files. */
export interface ReleaseSnapshot {
  readonly folder: string;
  readonly document: ReleaseDocument;
}

/** A release of which a clean-up asks what it still needs. */
export interface KeptRelease extends ReleaseSnapshot {
  /** Or is; of one that is about to go live, nothing has happened yet. */
  readonly wasLive: boolean;
}

export interface BuildOrder {
  readonly publication: Publication;
  readonly component: Component;
  /** An empty folder on the mount of the published tree. */
  readonly folder: string;
  /** What is live now, to be built upon; its files are hard-linked and never written to. */
  readonly base?: { readonly folder: string; readonly document: ReleaseDocument };
  readonly packages: readonly SnapshotFile<ReleasePackage>[];
  readonly extras: readonly SnapshotFile<ReleaseExtra>[];
  /** The targets whose set differs from the base's. Metadata of the others is taken over as it is signed. */
  readonly changedTargets: readonly string[];
  /** A release with exactly this set whose signed metadata may be used again, where the format allows that. */
  readonly restored?: { readonly folder: string; readonly document: ReleaseDocument };
  /** Of the new metadata; later than that of the base. */
  readonly now: Date;
}

/** How a signature is made, and in which form it is handed back. */
export type SignatureForm =
  /** The OpenPGP signature packet over an RPM's header, as `rpm -qp --qf '%{rsaheader:base64}'` shows it, in binary. */
  | 'rpm-header'
  /** An ASCII-armoured detached signature (`repomd.xml.asc`, `Release.gpg`). */
  | 'detached'
  /** The cleartext-signed file (`InRelease`). */
  | 'clearsigned'
  /** ECDSA P-256 over SHA-256, DER, as cosign signs a payload with a key. */
  | 'cosign';

/** One signature that is needed. */
export interface SigningTask {
  readonly form: SignatureForm;
  /** What is to be signed, in the snapshot: `repodata/repomd.xml`, `dists/bookworm/Release`. */
  readonly path: string;
  /** Where the signature goes, in the snapshot: `repodata/repomd.xml.asc`, `dists/bookworm/InRelease`. */
  readonly signaturePath: string;
}

/**
 * What a format knows of its packages and repositories. Everything else of a promotion is the same for all.
 * Each method may be run again after a crash, from its beginning.
 */
export interface FormatBuilder {
  readonly format: Format;

  /** @throws DomainError TOOL_MISSING, naming each tool that is missing and its Debian package */
  requireTools(): Promise<void>;

  /**
   * Reads what a staged file is, and whether it belongs where it was staged.
   * @param destination where it was staged: of an image its architecture is the target
   * @param file absolute; its name is the staged one
   * @throws DomainError PACKAGE_REFUSED, saying what is wrong with which file
   */
  inspect(file: string, destination: Destination, component: Component): Promise<StagedFile>;

  /** Where packages carry a signature of their own: what it is made of. Absent where they do not. */
  readonly packageSignature?: {
    readonly form: SignatureForm;
    /**
     * Writes the signed package, which differs from the staged one in its signature alone.
     * @throws DomainError SIGNATURE_REFUSED where it is not by the public key, or over something else
     */
    apply(staged: string, signature: Buffer, signed: string, publicKeyFile: string): Promise<void>;
  };

  /** Builds packages and metadata into the order's folder. @returns the signatures that it still needs */
  build(order: BuildOrder): Promise<readonly SigningTask[]>;

  /**
   * Checks the snapshot whole as a client would: signatures by the public key, every file that the metadata
   * names with its size and hash, that it lists exactly these packages, and a real load of the metadata.
   * @param verified a snapshot that was verified before, as the base was: a package that is the very same file
   *   there (the inode) need not be read again
   * @throws DomainError SNAPSHOT_INVALID
   */
  verify(
    folder: string,
    document: ReleaseDocument,
    publicKeyFile: string,
    verified?: { readonly folder: string; readonly document: ReleaseDocument },
  ): Promise<void>;

  /**
   * Where clients are served from elsewhere than the published tree: brings that in line with the release that the
   * link names. It is repeated until it succeeds, also when it has before.
   * @param kept every release of the component and format, of all its series
   */
  deliver?(live: ReleaseSnapshot, kept: readonly KeptRelease[]): Promise<void>;

  /** Takes away from there what a release held or took away that is kept no longer, unless one that is kept needs it. */
  forget?(packages: readonly ReleasePackage[], kept: readonly KeptRelease[]): Promise<void>;

  /**
   * Where clients are served from the published tree: the paths of the snapshot that they ask for first, and that name
   * all others.
   */
  entryFiles?(folder: string): Promise<readonly string[]>;

  /** Paths of the snapshot that its metadata names, metadata included: what leaves them is carried for a while. */
  namedFiles(folder: string): Promise<ReadonlySet<string>>;
}
