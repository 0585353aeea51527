/**
 * `published`: subscribers get it. `empty`: nothing is there yet. `unreadable`: something is there
 * and no repository. `unknown`: nobody could be asked.
 */
export type PublishedState = 'published' | 'empty' | 'unreadable' | 'unknown';

interface Found {
  readonly state: PublishedState;
  /** Why it is `unreadable` or `unknown`, for a person; else null. */
  readonly problem: string | null;
}

interface FoundRepository extends Found {
  readonly series: string;
  /** Whether a signature is beside the metadata; what it is worth is not looked at. */
  readonly signed: boolean;
  /** When the metadata say that they were made. */
  readonly publishedAt: Date | null;
}

/** One RPM repository: what dnf and zypper call a base URL. */
export interface PublishedRpm extends FoundRepository {
  readonly target: string;
  /** Of `repomd.xml`: with createrepo_c a time, in general any text. */
  readonly revision: string | null;
}

/** One distribution of a DEB repository: what apt calls a suite. */
export interface PublishedDeb extends FoundRepository {
  readonly distribution: string;
}

/** The image of a component. */
export interface PublishedOci extends Found {
  /** Those that people pull, in the registry's order; not those that hold signatures. */
  readonly tags: readonly string[];
}

/** What subscribers get of one component now, wherever the catalogue says that it can have something. */
export interface Published {
  readonly rpm: readonly PublishedRpm[];
  readonly deb: readonly PublishedDeb[];
  /** Null for a component without an image. */
  readonly oci: PublishedOci | null;
}
