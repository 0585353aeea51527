/** Bytes: a digest, and the longest path that `sha256sum` may have written beside it. */
export const LARGEST_CHECKSUM_FILE = 4096 + 70;

/**
 * The digest of a `.sha256` file: 64 hex digits, alone or as `sha256sum` writes them, with two
 * characters and the file's name or path behind (GNU coreutils, "md5sum invocation").
 *
 * @param name of the file that it stands beside
 * @returns the digest in lower case, or what is wrong, as a sentence
 */
export function parseChecksumFile(
  text: string,
  name: string,
): { readonly sha256: string } | { readonly problem: string } {
  const match = /^([0-9A-Fa-f]{64})(?: [ *]([^\n]+))?(?:\r?\n)?$/.exec(text);
  if (!match) {
    return { problem: 'its .sha256 is not 64 hex digits, alone or as sha256sum writes them' };
  }
  const [, digest = '', path] = match;
  if (path !== undefined && path.slice(path.lastIndexOf('/') + 1).trimEnd() !== name.trimEnd()) {
    return { problem: 'its .sha256 is that of a file of another name' };
  }
  return { sha256: digest.toLowerCase() };
}
