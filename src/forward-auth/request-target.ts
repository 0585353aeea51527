/** What a request asks for, as far as a decision needs to know. */
export type RequestTarget = (
  | { readonly kind: 'package'; readonly component: string; readonly scope: string }
  | { readonly kind: 'registry'; readonly scope: string }
  | { readonly kind: 'repository'; readonly repository: string; readonly scope: string }
  | { readonly kind: 'unlisted' }
  | { readonly kind: 'non-canonical' }
) & {
  readonly format: PackageFormat;
  /** The path in decoded segments, without the query; a trailing slash leaves an empty last one. */
  readonly segments: readonly string[];
};

export type PackageFormat = 'rpm' | 'deb' | 'oci' | 'other';

/** Tag, and digest, of the OCI distribution spec 1.1, "Pulling manifests". */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/;

/**
 * Reads a request target (RFC 9112, section 3.2.1) as the one thing it can mean, or as
 * `non-canonical` where a proxy, nginx or a registry might read it otherwise.
 */
export function parseRequestTarget(uri: string): RequestTarget {
  const query = uri.indexOf('?');
  const path = query === -1 ? uri : uri.slice(0, query);

  const raw = rawSegments(path);
  const segments = raw && decodeSegments(raw);
  if (!segments) return { kind: 'non-canonical', format: formatByPrefix(path), segments: [] };

  const target = classify(segments);
  if (path.includes('%') && raw.slice(0, decidingSegments(target.format)).some(hidesUnreserved)) {
    return { kind: 'non-canonical', format: target.format, segments };
  }
  return target;
}

function classify(segments: readonly string[]): RequestTarget {
  const [first, second] = segments;
  if (first === 'rpm' || first === 'deb') {
    if (segments.length < 3) return { kind: 'unlisted', format: first, segments };
    const component = second as string;
    return {
      kind: 'package',
      format: first,
      component,
      scope: `/${first}/${component}/`,
      segments,
    };
  }
  if (first === 'v2') {
    const isPing = segments.length === 1 || (segments.length === 2 && second === '');
    if (isPing) return { kind: 'registry', format: 'oci', scope: '/v2/', segments };
    if (second === 'oci') return classifyRepository(segments);
    return { kind: 'unlisted', format: 'oci', segments };
  }
  if (first === 'oci' && second === 'v2') {
    if (segments.length === 3 && segments[2] === '')
      return { kind: 'registry', format: 'oci', scope: '/v2/', segments };
    return classifyRepository(segments);
  }
  return { kind: 'unlisted', format: 'other', segments };
}

/** `/v2/oci/{repository}/…` and, meaning the same, `/oci/v2/{repository}/…`: reading, and nothing else. */
function classifyRepository(segments: readonly string[]): RequestTarget {
  const [, , repository = '', endpoint, reference = ''] = segments;
  const isReading =
    repository !== '' &&
    segments.length === 5 &&
    ((endpoint === 'manifests' && (TAG.test(reference) || DIGEST.test(reference))) ||
      (endpoint === 'blobs' && DIGEST.test(reference)) ||
      (endpoint === 'referrers' && DIGEST.test(reference)) ||
      (endpoint === 'tags' && reference === 'list'));
  if (!isReading) return { kind: 'unlisted', format: 'oci', segments };
  return {
    kind: 'repository',
    format: 'oci',
    repository,
    scope: `/v2/oci/${repository}/`,
    segments,
  };
}

/** How many leading segments say what is asked for: `/rpm/core`, `/v2/oci/lts-core/manifests`. */
function decidingSegments(format: PackageFormat): number {
  return format === 'oci' ? 4 : 2;
}

/** An unreserved character (RFC 3986, section 2.3) need not be encoded; where it is, something is to be slipped past. */
const ENCODED_UNRESERVED = /%(?:2[DEde]|3\d|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])/;

function hidesUnreserved(rawSegment: string): boolean {
  return ENCODED_UNRESERVED.test(rawSegment);
}

/** Anything but visible ASCII does not come from a package client unencoded; `\` and `#` are read differently by different servers. */
const FORBIDDEN_RAW = /[^\x21-\x7e]|[\\#]/;

function rawSegments(path: string): string[] | undefined {
  if (!path.startsWith('/') || FORBIDDEN_RAW.test(path)) return undefined;
  return path.slice(1).split('/');
}

/** Decodes each segment once. Undefined where the result could be walked, cut or read in two ways. */
function decodeSegments(raw: string[]): string[] | undefined {
  const last = raw.length - 1;
  for (let i = 0; i <= last; i++) {
    const segment = raw[i];
    if (segment === '.' || segment === '..' || (segment === '' && i !== last)) return undefined;
  }
  if (!raw.some((segment) => segment.includes('%'))) return raw;

  const segments = raw.map(decodeOnce);
  const isPlain = segments.every(
    (segment) => segment !== undefined && segment !== '.' && segment !== '..',
  );
  return isPlain ? (segments as string[]) : undefined;
}

/** An encoded `/` or `\` would be one segment here and two elsewhere; a control character cuts names and log lines. */
// eslint-disable-next-line no-control-regex
const FORBIDDEN_DECODED = /[/\\\x00-\x1f\x7f]/;

function decodeOnce(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    const decoded = decodeURIComponent(text);
    return FORBIDDEN_DECODED.test(decoded) ? undefined : decoded;
  } catch {
    return undefined; // a stray %, or bytes that are no UTF-8
  }
}

/** Which protocol's error body a path that cannot be read should get. */
function formatByPrefix(path: string): PackageFormat {
  return /^\/+(?:v2|oci\/+v2)(?:\/|$)/.test(path) ? 'oci' : 'other';
}
