import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { PrimaryKeys } from '../../signing/primary-keys.js';
import { sha256OfFile } from '../../staging/sha256-of.js';
import type { ReleaseDocument, ReleasePackage } from '../release.js';
import { MetadataProblem } from './metadata/metadata-problem.js';
import type { RpmTool } from './rpm-tool.js';

/** A snapshot that was verified, or is to be. */
export interface VerifiedSnapshot {
  readonly folder: string;
  readonly document: ReleaseDocument;
}

/**
 * Checks each package: that it is the file of the release, and that its signature is by a primary key that counts
 * today. Its bytes are read unless it is the very file that was verified before.
 *
 * @throws MetadataProblem
 */
export async function verifyPackages(
  rpm: RpmTool,
  { folder, document: { packages } }: VerifiedSnapshot,
  publicKeyFile: string,
  verified?: VerifiedSnapshot,
): Promise<void> {
  const known = await filesOf(verified);
  const stats = await Promise.all(packages.map((entry) => statsOf(folder, entry)));
  const unread = packages.filter((entry, i) => !known.has(keyOf(entry, stats[i]!)));
  for (const { path, sha256 } of unread) {
    if ((await sha256OfFile(join(folder, path))) !== sha256) {
      throw new MetadataProblem(`${path} does not have the SHA-256 ${sha256}`);
    }
  }
  const paths = unread.map(({ path }) => path);
  const [unsigned] = await rpm.findUnsigned(folder, paths, publicKeyFile);
  if (unsigned !== undefined) throw new MetadataProblem(`rpm does not accept ${unsigned}`);

  const keys = await PrimaryKeys.read(publicKeyFile);
  const headers = await rpm.readHeaders(
    folder,
    packages.map(({ path }) => path),
  );
  for (const [i, { path, identity }] of packages.entries()) {
    const { sha256, signatures } = headers[i]!;
    if (sha256 !== identity) throw new MetadataProblem(`${path} has another header`);
    if (signatures.length !== 1) {
      throw new MetadataProblem(`${path} has ${signatures.length} signatures instead of one`);
    }
    await keys.checkIssuer(signatures[0]!).catch((error: Error) => {
      throw new MetadataProblem(`the signature of ${path} does not count: ${error.message}`);
    });
  }
}

async function statsOf(folder: string, { path, size }: ReleasePackage): Promise<Stats> {
  const stats = await lstat(join(folder, path));
  if (stats.isFile() && stats.size === size) return stats;
  throw new MetadataProblem(`${path} is no file of ${size} bytes`);
}

/** The packages of a snapshot, each as the file that it is. */
async function filesOf(snapshot?: VerifiedSnapshot): Promise<ReadonlySet<string>> {
  const keys = snapshot?.document.packages.map(async (entry) => {
    const stats = await lstat(join(snapshot.folder, entry.path)).catch(() => undefined);
    return stats ? [keyOf(entry, stats)] : [];
  });
  return new Set((await Promise.all(keys ?? [])).flat());
}

function keyOf({ path, sha256, identity }: ReleasePackage, { dev, ino }: Stats): string {
  return [path, sha256, identity, dev, ino].join(' ');
}
