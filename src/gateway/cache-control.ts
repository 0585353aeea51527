/** Who may keep an answer: any cache on the way, or the subscriber's own alone. */
export type Audience = 'public' | 'private';

const REVALIDATE = 'no-cache';
/** A year: RFC 8246 has `immutable` for a client's reload within it. */
const FOR_EVER = 'max-age=31536000, immutable';
const A_DAY = 'max-age=86400';

/** A digest in hex: of SHA-1 (40) in old repositories, SHA-256 (64), SHA-512 (128); MD5 (32) in by-hash. */
const DIGEST = '(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})';
const HASHED_REPODATA = new RegExp(`/repodata/${DIGEST}-[^/]+$`);
/** Debian's RepositoryFormat, "indices acquisition via hashsums". */
const BY_HASH = new RegExp(`/by-hash/[A-Za-z0-9]+/${DIGEST}$`);
const PACKAGE = /\.(?:rpm|drpm|deb|udeb|ddeb)$/;

/**
 * The `Cache-Control` of a published file (RFC 9111, section 5.2.2).
 *
 * What is named after its content never changes. A package's content never
 * changes under its name either, but a withdrawal may take the name away, so a
 * cache asks again the next day. Everything else is replaced in place by the next
 * promotion: the entry points `repomd.xml`, `InRelease` and `Release`, their
 * signatures, and indices such as `Packages.gz` that they list.
 *
 * @param segments the path of the file, `['rpm', 'core', …, 'repomd.xml']`
 */
export function cacheControl(segments: readonly string[], audience: Audience): string {
  return `${audience}, ${freshness(`/${segments.join('/')}`)}`;
}

function freshness(path: string): string {
  if (HASHED_REPODATA.test(path) || BY_HASH.test(path)) return FOR_EVER;
  if (PACKAGE.test(path)) return A_DAY;
  return REVALIDATE;
}
