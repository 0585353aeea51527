import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FORMATS, type Publication } from '../publication.js';
import { hasCode } from './disk.js';

/** The publications that have a folder below that of all snapshots, in the order of their names. */
export async function foundPublications(allSnapshots: string): Promise<Publication[]> {
  const found: Publication[] = [];
  for (const format of FORMATS) {
    for (const component of await foldersIn(join(allSnapshots, format))) {
      for (const series of await foldersIn(join(allSnapshots, format, component))) {
        const publication = { component, series, format };
        if (format !== 'rpm') found.push(publication);
        else {
          const targets = await foldersIn(join(allSnapshots, format, component, series));
          found.push(...targets.map((target) => ({ ...publication, target })));
        }
      }
    }
  }
  return found;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return folders.map(({ name }) => name).sort();
}
