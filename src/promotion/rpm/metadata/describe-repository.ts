import { type Content, discard, readChecked } from './checked-content.js';
import { MetadataProblem } from './metadata-problem.js';
import {
  type ListedPackage,
  PACKAGE_LISTS,
  type PackageListType,
  readPackageList,
} from './package-list.js';
import { parseRepomd, type Repomd } from './repomd.js';

/** A package as a repository's metadata describes it. */
export interface DescribedPackage {
  /** In the repository: `Packages/acme-2.0-1.x86_64.rpm`. */
  readonly path: string;
  readonly name: string;
  /** As RPM writes it, the epoch left out where it is 0: `1:2.0-1`. */
  readonly version: string;
  readonly architecture: string;
  readonly size: number;
  readonly sha256: string;
  /** SHA-256 of all that each list says of it. */
  readonly digests: Readonly<Record<PackageListType, string>>;
}

/** What a repository's metadata says, each file of it read and checked against `repomd.xml`. */
export interface DescribedRepository {
  readonly repomd: Repomd;
  /** By path. */
  readonly packages: ReadonlyMap<string, DescribedPackage>;
}

/**
 * Reads a repository's metadata whole.
 *
 * @param read a file that `repomd.xml` names
 * @throws MetadataProblem where a file is not the one that is named, or the three lists do not agree
 */
export async function describeRepository(
  repomdXml: Uint8Array,
  read: (path: string) => Promise<Content>,
): Promise<DescribedRepository> {
  const repomd = parseRepomd(repomdXml);
  const lists = new Map<PackageListType, ListedPackage[]>();
  for (const file of repomd.files.values()) {
    const type = PACKAGE_LISTS.find((list) => list === file.type);
    const content = await read(file.path);
    if (type === undefined) await readChecked(file, content, discard);
    else lists.set(type, await readChecked(file, content, (xml) => readPackageList(type, xml)));
  }
  return { repomd, packages: merge(lists) };
}

function merge(lists: Map<PackageListType, ListedPackage[]>): Map<string, DescribedPackage> {
  const [primary, filelists, other] = PACKAGE_LISTS.map((type) =>
    bySha256(type, lists.get(type)!),
  ) as [ByHash, ByHash, ByHash];
  for (const list of [filelists, other]) {
    if (list.size !== primary.size) fail('its lists are not of the same packages');
  }

  const packages = new Map<string, DescribedPackage>();
  for (const [sha256, listed] of primary) {
    const path = listed.path!;
    if (packages.has(path)) fail(`${path} is listed twice`);
    const others = [filelists.get(sha256), other.get(sha256)];
    if (!others.every((it) => it !== undefined && nevra(it) === nevra(listed))) {
      fail(`its lists do not agree on ${path}`);
    }
    packages.set(path, {
      path,
      name: listed.name,
      version: `${listed.epoch === '0' ? '' : `${listed.epoch}:`}${listed.version}-${listed.release}`,
      architecture: listed.architecture,
      size: listed.size!,
      sha256,
      digests: {
        primary: listed.digest,
        filelists: others[0]!.digest,
        other: others[1]!.digest,
      },
    });
  }
  return packages;
}

type ByHash = Map<string, ListedPackage>;

function bySha256(type: PackageListType, packages: readonly ListedPackage[]): ByHash {
  const map: ByHash = new Map(packages.map((listed) => [listed.sha256, listed]));
  if (map.size !== packages.length) fail(`${type} lists one file twice`);
  return map;
}

function nevra({ name, epoch, version, release, architecture }: ListedPackage): string {
  return JSON.stringify([name, epoch, version, release, architecture]);
}

function fail(reason: string): never {
  throw new MetadataProblem(`The repository contradicts itself: ${reason}`);
}
