import type { ReleasePackage } from '../release.js';
import { packageKey } from './package-control.js';
import type { PackageList } from './read-distribution.js';

/** The first way in which a distribution's metadata lists something else than these packages; undefined if none. */
export function differenceOf(
  list: PackageList,
  packages: readonly ReleasePackage[],
): string | undefined {
  const expected = new Map(packages.map((each) => [packageKey(each), each]));
  const unexpected = [...list.keys()].find((key) => !expected.has(key));
  if (unexpected) return `it lists ${unexpected}, which is not of this release`;
  for (const [key, { path, size, sha256 }] of expected) {
    const listed = list.get(key);
    if (!listed) return `it does not list ${key}`;
    if (listed.path !== path) return `it has ${key} at ${listed.path} and not at ${path}`;
    if (listed.size !== size || listed.sha256 !== sha256) return `it lists another file as ${key}`;
  }
  return undefined;
}
