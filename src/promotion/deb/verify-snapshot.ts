import { lstat, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import { PrimaryKeys } from '../../signing/primary-keys.js';
import type { ReleaseDocument, ReleasePackage } from '../release.js';
import { parseDebTarget } from './deb-target.js';
import { fileHashes } from './file-hashes.js';
import { type AptSource, loadAsApt } from './load-as-apt.js';
import { MalformedMetadata } from './malformed-metadata.js';
import { distributionsOf, metadataPaths } from './publication-files.js';
import { snapshotInvalid } from './snapshot-invalid.js';
import { verifyDistribution } from './verify-distribution.js';

/** A snapshot's folder and what it says of itself. */
export interface Snapshot {
  readonly folder: string;
  readonly document: ReleaseDocument;
}

/**
 * Checks a DEB snapshot as `FormatBuilder.verify` says.
 * @throws DomainError SNAPSHOT_INVALID
 */
export async function verifySnapshot(
  snapshot: Snapshot,
  publicKeyFile: string,
  verified?: Snapshot,
): Promise<void> {
  const { folder, document } = snapshot;
  try {
    const keys = await PrimaryKeys.read(publicKeyFile);
    const named = new Set(document.carried.map(({ path }) => path));
    const sources: AptSource[] = [];
    const expected = byDistribution(document.packages);
    for (const distribution of await distributionsOf(folder)) {
      const packages = expected.get(distribution) ?? [];
      const release = await verifyDistribution(folder, distribution, packages, keys);
      for (const path of metadataPaths(distribution, release)) named.add(path);
      sources.push({ distribution, architectures: release.architectures });
      expected.delete(distribution);
    }
    const [missing] = expected.keys();
    if (missing !== undefined) throw new MalformedMetadata(`dists/${missing} is missing`);

    for (const each of document.packages) {
      await verifyPackage(folder, each, verified);
      named.add(each.path);
    }
    await expectNothingElse(folder, named);
    await loadAsApt(folder, sources, publicKeyFile);
  } catch (error) {
    throw isFinding(error) ? snapshotInvalid(error) : error;
  }
}

function byDistribution(packages: readonly ReleasePackage[]): Map<string, ReleasePackage[]> {
  const grouped = new Map<string, ReleasePackage[]>();
  for (const each of packages) {
    const { distribution } = parseDebTarget(each.target);
    grouped.set(distribution, [...(grouped.get(distribution) ?? []), each]);
  }
  return grouped;
}

/** A file that was verified in another snapshot is known by its inode: snapshots are never written to. */
async function verifyPackage(
  folder: string,
  { path, size, sha256 }: ReleasePackage,
  verified: Snapshot | undefined,
): Promise<void> {
  const file = join(folder, path);
  const stats = await lstat(file).catch(() => undefined);
  if (!stats?.isFile()) throw new MalformedMetadata(`${path} is missing`);
  if (stats.size !== size) throw new MalformedMetadata(`${path} has ${stats.size} bytes`);

  const isSame = (each: ReleasePackage) => each.path === path && each.sha256 === sha256;
  if (verified?.document.packages.some(isSame)) {
    const before = await lstat(join(verified.folder, path)).catch(() => undefined);
    if (before && before.ino === stats.ino && before.dev === stats.dev) return;
  }
  const hashes = await fileHashes(file, ['sha256']);
  if (hashes.sha256 !== sha256) throw new MalformedMetadata(`${path} has another SHA-256`);
}

async function expectNothingElse(folder: string, named: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = relative(folder, join(entry.parentPath, entry.name));
    if (!entry.isFile()) throw new MalformedMetadata(`${path} is no regular file`);
    if (!named.has(path)) throw new MalformedMetadata(`${path} is named by no metadata`);
  }
}

function isFinding(error: unknown): error is Error {
  const ofApt = error instanceof DomainError && error.code === 'TOOL_FAILED';
  return ofApt || error instanceof MalformedMetadata;
}
