import { DomainError } from '../common/domain-error.js';
import { promotedImage, withdrawnImage } from './oci/promoted-image.js';
import type { Format } from './publication.js';
import type { ReleaseDocument, ReleasePackage } from './release.js';

/** What a promotion, a rollback or a withdrawal makes of the live set. */
export interface NextSet {
  readonly packages: readonly ReleasePackage[];
  readonly added: readonly ReleasePackage[];
  readonly removed: readonly ReleasePackage[];
}

/**
 * The live set and new packages beside it. A package that is live already under the same target is left
 * as it is. Of images, a version takes the place of the one before.
 * @throws DomainError PACKAGE_CONFLICT where a known name or NEVRA has other content
 */
export function promotedSet(
  format: Format,
  live: readonly ReleasePackage[],
  staged: readonly ReleasePackage[],
): NextSet {
  if (format === 'oci') return promotedImage(live, staged);
  const conflicts: string[] = [];
  const byPath = new Map(live.map((each) => [placeOf(format, each), each]));
  const byVersion = new Map(live.map((each) => [nevraOf(format, each), each]));
  const added = staged.filter((each) => {
    const known = byPath.get(placeOf(format, each)) ?? byVersion.get(nevraOf(format, each));
    if (!known) {
      byPath.set(placeOf(format, each), each);
      byVersion.set(nevraOf(format, each), each);
      return true;
    }
    if (known.identity !== each.identity || known.path !== each.path) {
      conflicts.push(
        `${fileOf(each)} (${nameAndVersion(each)}) has other content than ${known.path}`,
      );
    }
    return false;
  });
  if (conflicts.length > 0) throw conflict(conflicts);
  return { packages: [...live, ...added], added, removed: [] };
}

/**
 * The live set with what an earlier release held of one target in the place of what it holds now.
 * @param later the releases made after that one, the oldest first
 * @throws DomainError PACKAGE_WITHDRAWN where that would bring back what was withdrawn since, NOTHING_TO_CHANGE
 */
export function restoredSet(
  live: readonly ReleasePackage[],
  release: ReleaseDocument,
  target: string,
  later: readonly ReleaseDocument[],
): NextSet {
  const wanted = release.packages.filter((each) => each.target === target);
  const withdrawn = wanted.filter((each) => isWithdrawn(each, later));
  if (withdrawn.length > 0) throw packageWithdrawn(release.id, withdrawn);

  const now = live.filter((each) => each.target === target);
  const added = without(wanted, now);
  const removed = without(now, wanted);
  if (added.length === 0 && removed.length === 0) throw nothingToChange(release.id, target);
  return {
    packages: [...live.filter((each) => each.target !== target), ...wanted],
    added,
    removed,
  };
}

/**
 * The live set without some packages.
 * @param paths each the path of a package in the publication, or its file name
 * @throws DomainError PACKAGE_NOT_LIVE, naming those that are not there
 */
export function remainingSet(live: readonly ReleasePackage[], paths: readonly string[]): NextSet {
  const isNamed = (each: ReleasePackage, path: string) =>
    each.path === path || fileOf(each) === path;
  const unknown = paths.filter((path) => !live.some((each) => isNamed(each, path)));
  if (unknown.length > 0) throw notLive(unknown);
  const removed = live.filter((each) => paths.some((path) => isNamed(each, path)));
  return { packages: without(live, removed), added: [], removed };
}

/**
 * What a withdrawal leaves.
 * @param release what the release held that it names
 */
export function withdrawnSet(
  format: Format,
  live: readonly ReleasePackage[],
  release: ReleaseDocument,
  paths: readonly string[],
): NextSet {
  return format === 'oci'
    ? withdrawnImage(live, release.packages, paths)
    : remainingSet(live, paths);
}

/** The targets whose packages differ. */
export function changedTargets({ added, removed }: NextSet): string[] {
  return [...new Set([...added, ...removed].map(({ target }) => target))];
}

/** Was it taken away after this, and not staged again since? */
function isWithdrawn(wanted: ReleasePackage, later: readonly ReleaseDocument[]): boolean {
  let withdrawn = false;
  for (const { kind, withdrawn: taken = [], packages } of later) {
    if (kind === 'withdrawal' && taken.some((each) => isSame(each, wanted))) withdrawn = true;
    else if (packages.some((each) => isSame(each, wanted))) withdrawn = false;
  }
  return withdrawn;
}

function without(
  packages: readonly ReleasePackage[],
  others: readonly ReleasePackage[],
): ReleasePackage[] {
  const gone = new Set(others.map(keyOf));
  return packages.filter((each) => !gone.has(keyOf(each)));
}

function isSame(a: ReleasePackage, b: ReleasePackage): boolean {
  return keyOf(a) === keyOf(b);
}

function keyOf({ target, path, identity }: ReleasePackage): string {
  return `${target} ${path} ${identity}`;
}

/** Each distribution has a pool of its own, and one path is one package in it. */
function placeOf(format: Format, each: ReleasePackage): string {
  return `${scopeOf(format, each.target)} ${fileOf(each)}`;
}

/** Name, epoch, version, release, architecture: what tells packages apart. */
function nevraOf(format: Format, each: ReleasePackage): string {
  return `${scopeOf(format, each.target)} ${each.name} ${each.version} ${each.architecture}`;
}

/** `bookworm-amd64` and `bookworm-all` are of one distribution. */
function scopeOf(format: Format, target: string): string {
  return format === 'deb' ? target.slice(0, target.lastIndexOf('-')) : target;
}

function fileOf({ path }: ReleasePackage): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function nameAndVersion({ name, version, architecture }: ReleasePackage): string {
  return `${name} ${version} ${architecture}`;
}

function conflict(conflicts: readonly string[]): DomainError {
  return new DomainError(
    'PACKAGE_CONFLICT',
    `Packages that subscribers may have would change under their name: ${conflicts.join('; ')}. ` +
      'Build them with another version or release.',
    { conflicts },
  );
}

function packageWithdrawn(release: string, packages: readonly ReleasePackage[]): DomainError {
  const names = packages.map(({ path }) => path);
  return new DomainError(
    'PACKAGE_WITHDRAWN',
    `The release ${release} holds what was withdrawn since: ${names.join(', ')}. ` +
      'Choose a release without it, or stage and promote it again first if it is good after all.',
    { packages: names },
  );
}

function nothingToChange(release: string, target: string): DomainError {
  return new DomainError(
    'NOTHING_TO_CHANGE',
    `What ${target} holds now is what it held in the release ${release}: there is nothing to bring back.`,
  );
}

function notLive(paths: readonly string[]): DomainError {
  return new DomainError(
    'PACKAGE_NOT_LIVE',
    `These are not live, so they cannot be withdrawn: ${paths.join(', ')}. GET /api/v1/releases lists what is.`,
    { packages: paths },
  );
}
