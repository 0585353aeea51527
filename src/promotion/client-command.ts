import compareDebianVersions from 'deb-version-compare';
import type { NextSet } from './next-set.js';
import type { Format } from './publication.js';
import type { ReleasePackage } from './release.js';

/**
 * What a machine runs that has what is live no longer, to get what is live instead; null: there is nothing
 * that it could go back to. apt has nothing like `distro-sync`: it goes back to a version that is named.
 */
export function clientCommand(format: Format, { packages, removed }: NextSet): string | null {
  if (format === 'oci') return null; // whoever pulls the tag again has it
  const earlier = removed.flatMap((gone) => newestBefore(gone, packages) ?? []);
  if (earlier.length === 0) return null;
  if (format === 'rpm') return 'dnf distro-sync';
  const wanted = [...new Set(earlier.map(({ name, version }) => `${name}=${version}`))];
  return `apt-get update && apt-get install --allow-downgrades ${wanted.join(' ')}`;
}

/** What apt would choose of what is left of a package. */
function newestBefore(
  gone: ReleasePackage,
  packages: readonly ReleasePackage[],
): ReleasePackage | undefined {
  return packages
    .filter(({ name, target }) => name === gone.name && target === gone.target)
    .reduce<ReleasePackage | undefined>(
      (newest, each) =>
        !newest || compareDebianVersions(each.version, newest.version) > 0 ? each : newest,
      undefined,
    );
}
