import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Publication, publicationName } from '../publication.js';
import type { ReleaseDocument } from '../release.js';
import { hasCode } from './disk.js';
import { documentFileOf } from './tree-layout.js';

export type ReadRelease = { readonly document: ReleaseDocument } | { readonly problem: string };

/** The `release.json` of a snapshot or what is wrong with it; undefined where there is none. */
export async function readRelease(
  snapshot: string,
  publication: Publication,
): Promise<ReadRelease | undefined> {
  const read = await parseRelease(snapshot);
  if (!read || 'problem' in read) return read;
  const { document } = read;
  const isOurs =
    document.id === basename(snapshot) &&
    publicationName(document.publication) === publicationName(publication);
  return isOurs ? read : { problem: 'it describes another release' };
}

/** The same for a snapshot that is not in its place yet. */
export async function parseRelease(snapshot: string): Promise<ReadRelease | undefined> {
  try {
    const text = await readFile(documentFileOf(snapshot), 'utf8');
    const document = JSON.parse(text) as ReleaseDocument | null;
    if (document?.version !== 1) return { problem: 'another version of Packyard wrote it' };
    const lists = [document.packages, document.extras, document.carried];
    if (!document.publication || !lists.every(Array.isArray))
      return { problem: 'parts are missing' };
    return { document };
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (error instanceof SyntaxError) return { problem: 'it is no JSON' };
    throw error;
  }
}
