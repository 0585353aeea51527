import { DomainError } from '../../common/domain-error.js';
import type { NextSet } from '../next-set.js';
import type { ReleasePackage } from '../release.js';

/**
 * Images are not added to what is live: one version, in all architectures, takes the place of the one before.
 * @throws DomainError PACKAGE_REFUSED where the versions differ, PACKAGE_CONFLICT where this one is live with other
 *   content
 */
export function promotedImage(
  live: readonly ReleasePackage[],
  staged: readonly ReleasePackage[],
): NextSet {
  const versions = new Set(staged.map(({ version }) => version));
  if (versions.size > 1) throw versionsDiffer(staged);
  const isIn = (all: readonly ReleasePackage[]) => (each: ReleasePackage) =>
    all.some(
      ({ architecture, identity }) =>
        `${architecture} ${identity}` === `${each.architecture} ${each.identity}`,
    );
  const added = staged.filter((each) => !isIn(live)(each));
  const removed = live.filter((each) => !isIn(staged)(each));
  if (added.length + removed.length > 0 && live.some(({ version }) => versions.has(version))) {
    throw versionIsLive(live[0]!, [...added, ...removed]);
  }
  return { packages: staged, added, removed };
}

/**
 * Takes away the image of a release that is not live. It goes whole: an index is over all of its architectures.
 * @param release what the release held in which it is named
 * @param names versions, or paths of manifests
 * @throws DomainError PACKAGE_NOT_LIVE where the release has none of that name, IMAGE_LIVE where it is what is live
 */
export function withdrawnImage(
  live: readonly ReleasePackage[],
  release: readonly ReleasePackage[],
  names: readonly string[],
): NextSet {
  const unknown = names.filter(
    (name) => !release.some(({ version, path }) => version === name || path === name),
  );
  if (unknown.length > 0) {
    throw new DomainError(
      'PACKAGE_NOT_LIVE',
      `The release has no image of the version or path ${unknown.join(', ')}. GET /api/v1/releases lists what it has.`,
      { packages: unknown },
    );
  }
  const isLive = release.some(({ identity }) => live.some((each) => each.identity === identity));
  if (isLive) {
    const [{ name, version }] = release as [ReleasePackage];
    throw new DomainError(
      'IMAGE_LIVE',
      `${name}:${version} is what its series names now, and would leave it without an image. ` +
        'Roll back to an earlier release, or promote another version, then withdraw it.',
      { version },
    );
  }
  return { packages: live, added: [], removed: release };
}

function versionsDiffer(staged: readonly ReleasePackage[]): DomainError {
  const list = staged.map(({ architecture, version }) => `${architecture}: ${version}`).join(', ');
  return new DomainError(
    'PACKAGE_REFUSED',
    `The staged images are of different versions (${list}), and one index is of one version. ` +
      'Stage all architectures of one build, then promote again.',
    { versions: staged.map(({ architecture, version }) => ({ architecture, version })) },
  );
}

function versionIsLive(
  { name, version }: ReleasePackage,
  others: readonly ReleasePackage[],
): DomainError {
  const architectures = [...new Set(others.map(({ architecture }) => architecture))];
  return new DomainError(
    'PACKAGE_CONFLICT',
    `${name}:${version} is live with other content for ${architectures.join(', ')}. ` +
      'Build it with another version (org.opencontainers.image.version).',
    { conflicts: [`${name}:${version}`] },
  );
}
