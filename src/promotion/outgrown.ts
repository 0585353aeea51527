import compareDebianVersions from 'deb-version-compare';
import type { Format } from './publication.js';
import { compareRpmVersions } from './rpm/compare-rpm-versions.js';

interface VersionedPackage {
  readonly name: string;
  /** As its format writes it, with an epoch that is not 0. */
  readonly version: string;
  readonly path: string;
}

/**
 * What a retention takes out of what is live: of each name the packages that are not of its newest versions, those
 * promoted now among them. What is promoted now stays, whatever its version. The server and the signer, which does not
 * believe it, both go by this.
 *
 * @param live of the one target that is promoted
 * @param promoted now; it may be live already
 * @param keep how many versions of each name stay, at least 1
 */
export function outgrown<T extends VersionedPackage>(
  format: Format,
  live: readonly T[],
  promoted: readonly VersionedPackage[],
  keep: number,
): T[] {
  const compare = format === 'deb' ? compareDebianVersions : compareRpmVersions;
  const now = new Set(promoted.map(({ path }) => path));
  const versions = new Map<string, string[]>();
  for (const { name, version } of [...live, ...promoted]) {
    const known = versions.get(name) ?? [];
    if (!known.some((each) => compare(each, version) === 0)) known.push(version);
    versions.set(name, known);
  }
  for (const known of versions.values()) known.sort((a, b) => compare(b, a));
  return live.filter(({ name, version, path }) => {
    const oldest = versions.get(name)![keep - 1];
    return !now.has(path) && oldest !== undefined && compare(version, oldest) < 0;
  });
}
