import { readFile } from 'node:fs/promises';
import { SigningRefused } from './signing-refused.js';

/** What a build says it made: SHA-256 by file name. */
export type ExpectedFiles = ReadonlyMap<string, string>;

/**
 * Reads a list of `sha256sum` (GNU coreutils, "md5sum invocation"): a digest, a space, a space or `*`, and a path, of
 * which the file's name counts.
 *
 * @throws SigningRefused where it cannot be read, or is none
 */
export async function readExpectedFiles(file: string): Promise<ExpectedFiles> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new SigningRefused(`${file} (--expect) cannot be read: ${error.message}`);
  });
  return parseExpectedFiles(text, file);
}

/** @param file as it is called in messages */
export function parseExpectedFiles(text: string, file: string): ExpectedFiles {
  const expected = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue;
    const [, digest = '', path = ''] = /^([0-9A-Fa-f]{64}) [ *](.+)$/.exec(line) ?? [];
    const name = path.slice(path.lastIndexOf('/') + 1);
    // A name with a backslash is escaped, and the line begins with one: no package has such a name.
    if (name === '') {
      throw new SigningRefused(
        `${file} (--expect) is not a list that sha256sum writes: see its line ${index + 1}.`,
      );
    }
    const known = expected.get(name);
    if (known !== undefined && known !== digest.toLowerCase()) {
      throw new SigningRefused(`${file} (--expect) lists two files as ${name}.`);
    }
    expected.set(name, digest.toLowerCase());
  }
  if (expected.size === 0) throw new SigningRefused(`${file} (--expect) lists no file.`);
  return expected;
}
