import type { Published, PublishedState } from './published.js';

export class PublishedRpmDto {
  /** @example "2025" */
  series: string;
  /** @example el9-x86_64 */
  target: string;
  /** `unreadable`: something is there that is no repository; `problem` says what. */
  state: PublishedState;
  /**
   * What is wrong, for a person.
   * @example "rpm/core/2025/el9-x86_64 is a link that leads nowhere"
   */
  problem: string | null;
  /** Whether a signature is beside the metadata. Clients check it; this does not. */
  signed: boolean;
  /**
   * Of its `repomd.xml`.
   * @example "1763900000"
   */
  revision: string | null;
  /** When its metadata were made; null where they do not say. */
  published_at: string | null;
}

export class PublishedDebDto {
  /** @example "2025" */
  series: string;
  /** @example bookworm */
  distribution: string;
  /** `unreadable`: something is there that is no repository; `problem` says what. */
  state: PublishedState;
  /** What is wrong, for a person. */
  problem: string | null;
  /** Whether it carries a signature. Clients check it; this does not. */
  signed: boolean;
  /** The `Date` of its `Release`. */
  published_at: string | null;
}

export class PublishedOciDto {
  /** `unknown`: there is no registry, or it does not answer; `problem` says which. */
  state: PublishedState;
  /** What is wrong, for a person. */
  problem: string | null;
  /**
   * At most 100 of the image's tags; not those that hold signatures.
   * @example ["2024", "2025"]
   */
  tags: string[];
}

/** What subscribers get of a component now, at each place where it can have something. */
export class PublishedDto {
  /** One for each series and target. */
  rpm: PublishedRpmDto[];
  /** One for each series and distribution. */
  deb: PublishedDebDto[];
  /** Null for a component without an image. */
  oci: PublishedOciDto | null;
}

export function publishedDto({ rpm, deb, oci }: Published): PublishedDto {
  return {
    rpm: rpm.map(({ publishedAt, ...rest }) => ({ ...rest, published_at: time(publishedAt) })),
    deb: deb.map(({ publishedAt, ...rest }) => ({ ...rest, published_at: time(publishedAt) })),
    oci: oci && { ...oci, tags: [...oci.tags] },
  };
}

function time(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
