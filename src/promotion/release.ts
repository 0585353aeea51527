import type { Publication } from './publication.js';

/** One package of a release, as it is published. */
export interface ReleasePackage {
  /** The target that it was staged under: `el9-x86_64`, `bookworm-amd64`, `bookworm-all`. */
  readonly target: string;
  readonly name: string;
  /** As its format writes it: `1:2.0-1`. An RPM's epoch is left out where it is 0. */
  readonly version: string;
  readonly architecture: string;
  /** Its file in the publication: `Packages/acme-2.0-1.x86_64.rpm`, `pool/bookworm/main/a/acme/acme_2.0-1_amd64.deb`. */
  readonly path: string;
  /** Bytes, as published. */
  readonly size: number;
  /** Of the file as published, 64 lower-case hex digits. */
  readonly sha256: string;
  /**
   * What makes it this package and stays the same when it is signed: of an RPM the SHA-256 of its header (which
   * holds the payload's), of a DEB that of its file. Two files with one name and another identity are two packages.
   */
  readonly identity: string;
}

/** A file beside the packages that came from staging: `comps`, `updateinfo`, `modules`. */
export interface ReleaseExtra {
  readonly target: string;
  readonly type: 'comps' | 'updateinfo' | 'modules';
  /** The staged file in the snapshot, from which the next one is made: `extras/updateinfo.xml.gz`. */
  readonly path: string;
  /** Bytes, as staged. */
  readonly size: number;
  /** Of its content before it was compressed. */
  readonly sha256: string;
}

/** A file that is kept although the metadata names it no longer: a client may be in the middle of a transaction. */
export interface CarriedFile {
  readonly path: string;
  /** When it left the metadata (RFC 3339). */
  readonly left_at: string;
}

export type ReleaseKind = 'promotion' | 'rollback' | 'withdrawal';

/**
 * `release.json`, in every snapshot: from it the database's rows can be made again. It is never published
 * under a path that a subscriber can ask for.
 */
export interface ReleaseDocument {
  readonly version: 1;
  /** `20261124T110500Z-3f9a1c`: sorts by age, and is safe in a path and a shell. */
  readonly id: string;
  readonly publication: Publication;
  readonly kind: ReleaseKind;
  /** The promotion that made it. */
  readonly promotion: string;
  /** The target that this promotion was of. */
  readonly target: string;
  /** The release that was live before; null for the first. */
  readonly base: string | null;
  readonly created_at: string;
  readonly actor: string;
  readonly packages: readonly ReleasePackage[];
  readonly extras: readonly ReleaseExtra[];
  readonly carried: readonly CarriedFile[];
  /** Of a withdrawal: what it took away. Of a rollback: the release that it brought back. */
  readonly withdrawn?: readonly ReleasePackage[];
  /** Of a withdrawal: nothing of it stays for those in the middle of a transaction (`--now`). */
  readonly at_once?: boolean;
  readonly restored?: string;
}
