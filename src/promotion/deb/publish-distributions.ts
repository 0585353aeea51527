import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import type { SnapshotFile } from '../format-builder.js';
import type { ReleasePackage } from '../release.js';
import type { AptlyCache, AptlyContent, OpenDatabase } from './aptly-cache.js';
import { AptlyRoot, type PublishedAs } from './aptly-root.js';
import { differenceOf } from './compare-packages.js';
import { MalformedMetadata } from './malformed-metadata.js';
import { packageKey } from './package-control.js';
import { filesIn, linkFiles, readRelease } from './publication-files.js';
import { readDistribution } from './read-distribution.js';

type PackageFile = SnapshotFile<ReleasePackage>;

/** A distribution that aptly is to publish. */
export interface DistributionOrder {
  readonly name: string;
  readonly packages: readonly PackageFile[];
  readonly as: PublishedAs;
}

export interface PublishOrder {
  /** `deb/core/2025`: what the cache knows the database by. */
  readonly publication: string;
  /** The snapshot: gets `dists` and `pool`, unsigned. */
  readonly folder: string;
  readonly distributions: readonly DistributionOrder[];
}

/**
 * Publishes distributions with aptly, upon the database of the last build. Should that be damaged or hold something
 * else than it says, it is made again from the packages.
 *
 * @throws DomainError TOOL_FAILED; MalformedMetadata where aptly itself publishes something else than was ordered
 */
export async function publishDistributions(order: PublishOrder, cache: AptlyCache): Promise<void> {
  const database = await cache.open(order.publication);
  let content: AptlyContent;
  try {
    content = await publish(order, database);
  } catch (error) {
    const isNew = Object.keys(database.content).length === 0;
    if (isNew || !mayBeOfDatabase(error)) throw error;
    await discard(order);
    content = await publish(order, await cache.create(order.publication));
  }
  await cache.close(order.publication, content);
}

/** @returns what the database holds afterwards */
async function publish(order: PublishOrder, database: OpenDatabase): Promise<AptlyContent> {
  const { folder, distributions } = order;
  const work = join(folder, '.aptly');
  const content: Record<string, Record<string, string>> = { ...database.content };
  try {
    const aptly = await AptlyRoot.create(work, database.folder, folder);
    for (const each of distributions) {
      content[each.name] = await fill(aptly, each, database.content[each.name]);
    }
    for (const { name, packages, as } of distributions) {
      await aptly.publish(name, as);
      await aptly.forget(name);
      await check(folder, name, packages);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return content;
}

/** That aptly publishes what was ordered: a database that was cut off may hold another package than its note says. */
async function check(
  folder: string,
  distribution: string,
  packages: readonly PackageFile[],
): Promise<void> {
  const release = await readRelease(folder, distribution);
  const list = await readDistribution(distribution, release, filesIn(folder));
  const entries = packages.map(({ entry }) => entry);
  const difference = differenceOf(list, entries);
  if (difference) throw new MalformedMetadata(`dists/${distribution}: ${difference}`);
}

/** Makes a repository hold what is ordered; `known` is what it holds. */
async function fill(
  aptly: AptlyRoot,
  { name, packages }: DistributionOrder,
  known: Readonly<Record<string, string>> | undefined,
): Promise<Record<string, string>> {
  const wanted = new Map(packages.map((each) => [packageKey(each.entry), each]));
  const held = new Map(Object.entries(known ?? {}));
  const isHeld = (key: string) => held.get(key) === describe(wanted.get(key)?.entry);

  if (!known) await aptly.createRepository(name);
  const gone = [...held.keys()].filter((key) => !isHeld(key));
  if (gone.length > 0) await aptly.remove(name, gone);

  const incoming = aptly.incoming(name);
  const links = [...wanted].map(([key, { entry, source }]) => {
    const file = basename(entry.path);
    const target = isHeld(key) ? aptly.poolFile(entry.sha256, file) : join(incoming, file);
    return { source, target };
  });
  // Two distributions may have the very same file, and the pool has it once.
  await linkFiles(links.filter(({ target }) => !existsSync(target)));
  if (packages.length > wanted.size) throw new MalformedMetadata('a package is ordered twice');
  if ([...wanted.keys()].some((key) => !isHeld(key))) await aptly.add(name, incoming);
  return Object.fromEntries([...wanted].map(([key, { entry }]) => [key, describe(entry)!]));
}

/** What a package of the database has to have in common with one that is ordered. */
function describe(entry: ReleasePackage | undefined): string | undefined {
  return entry && `${entry.sha256} ${entry.path}`;
}

async function discard({ folder, distributions }: PublishOrder): Promise<void> {
  for (const { name } of distributions) {
    await rm(join(folder, 'dists', name), { recursive: true, force: true });
    await rm(join(folder, 'pool', name), { recursive: true, force: true });
  }
}

function mayBeOfDatabase(error: unknown): boolean {
  const byAptly = error instanceof DomainError && error.code === 'TOOL_FAILED';
  return byAptly || error instanceof MalformedMetadata;
}
