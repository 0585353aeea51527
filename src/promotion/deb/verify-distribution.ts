import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PrimaryKeys, SignatureProblem } from '../../signing/primary-keys.js';
import type { ReleasePackage } from '../release.js';
import { differenceOf } from './compare-packages.js';
import { MalformedMetadata, parsing } from './malformed-metadata.js';
import { filesIn } from './publication-files.js';
import { readDistribution } from './read-distribution.js';
import { byHashPaths, checkIndex, parseReleaseFile, type ReleaseFile } from './release-file.js';

/**
 * Checks the metadata of a distribution: its signatures, every index under each of its names, and that it lists
 * exactly these packages.
 *
 * @throws MalformedMetadata, naming the file
 */
export async function verifyDistribution(
  folder: string,
  distribution: string,
  packages: readonly ReleasePackage[],
  keys: PrimaryKeys,
): Promise<ReleaseFile> {
  const at = `dists/${distribution}`;
  const read = (name: string) =>
    readFile(join(folder, at, name)).catch(() => {
      throw new MalformedMetadata(`${at}/${name} is missing`);
    });

  const content = await read('Release');
  const [signed, signature] = [await read('InRelease'), await read('Release.gpg')];
  await problemOf(`${at}/Release.gpg`, keys.checkDetached(content, signature.toString('latin1')));
  const text = await problemOf(`${at}/InRelease`, keys.checkClearsigned(signed));
  if (!text.equals(content)) throw new MalformedMetadata(`${at}/InRelease is not that of Release`);

  const release = parsing(`${at}/Release`, () => parseReleaseFile(content));
  for (const name of ['suite', 'codename'] as const) {
    if (release[name] !== distribution) {
      throw new MalformedMetadata(`${at}/Release: its ${name} is ${release[name]}`);
    }
  }
  const difference = differenceOf(
    await readDistribution(distribution, release, filesIn(folder)),
    packages,
  );
  if (difference) throw new MalformedMetadata(`${at}: ${difference}`);
  await verifyByHash(join(folder, at), release);
  return release;
}

/** apt fetches the indexes by these names alone. */
async function verifyByHash(folder: string, { indexes }: ReleaseFile): Promise<void> {
  for (const [path, index] of indexes) {
    const { ino } = await lstat(join(folder, path));
    for (const byHash of byHashPaths(path, index)) {
      const stats = await lstat(join(folder, byHash)).catch(() => undefined);
      if (!stats?.isFile()) throw new MalformedMetadata(`${byHash} of ${path} is missing`);
      if (stats.ino === ino) continue;
      const content = await readFile(join(folder, byHash));
      parsing(byHash, () => checkIndex(content, index));
    }
  }
}

async function problemOf<T>(file: string, check: Promise<T>): Promise<T> {
  return check.catch((error: unknown) => {
    if (!(error instanceof SignatureProblem)) throw error;
    throw new MalformedMetadata(`${file}: ${error.message}`);
  });
}
