const TEXT = 'text/plain';

/**
 * By extension. A `.gz` is a file that the client asked for as such, so it is
 * named here and never becomes a `Content-Encoding`: a client would undo that,
 * and the digest in the metadata would not match.
 */
const BY_EXTENSION = new Map([
  ['rpm', 'application/x-rpm'],
  ['drpm', 'application/x-rpm'],
  ['deb', 'application/vnd.debian.binary-package'],
  ['udeb', 'application/vnd.debian.binary-package'],
  ['ddeb', 'application/vnd.debian.binary-package'],
  ['xml', 'application/xml'],
  ['json', 'application/json'],
  ['gz', 'application/gzip'],
  ['xz', 'application/x-xz'],
  ['bz2', 'application/x-bzip2'],
  ['zst', 'application/zstd'],
  ['asc', TEXT],
  ['pub', TEXT],
  ['key', TEXT],
  ['txt', TEXT],
  ['gpg', 'application/pgp-signature'],
]);

/** Names of a Debian repository that have no extension. */
const BY_NAME = new Map(
  ['Release', 'InRelease', 'Packages', 'Sources'].map((name) => [name, TEXT]),
);

/** The media type of a published file by its name; what is not known is only bytes. */
export function contentType(fileName: string): string {
  const extension = /\.([^.]+)$/.exec(fileName)?.[1] ?? '';
  return BY_NAME.get(fileName) ?? BY_EXTENSION.get(extension) ?? 'application/octet-stream';
}
