import type { KeptRelease } from '../format-builder.js';
import type { ReleasePackage } from '../release.js';
import { INDEX_TYPE, parseIndex } from './descriptor.js';
import { holdOn } from './image-hold.js';
import { ImageProblem } from './image-problem.js';
import { imageOf, readImageTree, registryName, signedDigests } from './image-tree.js';
import type { FoundManifest, RegistryClient } from './registry-client.js';
import { signatureTag } from './signature-payloads.js';

/**
 * Takes from the registry what an image has there and nobody holds any more: at first the tag of its version, so that
 * nobody finds it who does not know its digest; in the end the index, its platforms' manifests, and the
 * signatures of each. The bytes go with the registry's own garbage collection.
 *
 * @param packages of one release
 * @param kept every release of the component that is there, of all its series
 */
export async function forgetImage(
  packages: readonly ReleasePackage[],
  kept: readonly KeptRelease[],
  registry: RegistryClient,
  now: Date,
): Promise<void> {
  if (packages.length === 0) return;
  const hold = holdOn(packages, kept, now);
  if (hold === 'grace') await untag(packages, registry);
  if (hold === 'none') await remove(packages, kept, registry, now);
}

/** Zot collects an index without a tag, so it gets another one, under which nobody looks. */
async function untag(packages: readonly ReleasePackage[], registry: RegistryClient): Promise<void> {
  const { repository, version } = imageOf({ packages });
  const name = registryName(repository);
  const index = await indexOf(packages, registry, version);
  if (!index) return;
  await registry.putManifest(name, withdrawnTag(packages), INDEX_TYPE, index.bytes);
  await registry.deleteManifest(name, version);
}

async function remove(
  packages: readonly ReleasePackage[],
  kept: readonly KeptRelease[],
  registry: RegistryClient,
  now: Date,
): Promise<void> {
  const { repository, version } = imageOf({ packages });
  const name = registryName(repository);
  const needed = new Set<string>();
  for (const { folder, document } of kept) {
    if (holdOn(document.packages, kept, now) === 'none') continue;
    for (const digest of signedDigests(await readImageTree(folder))) needed.add(digest);
  }
  const digests = new Set<string>();
  for (const tag of [version, withdrawnTag(packages)]) {
    const index = await indexOf(packages, registry, tag);
    if (index) digests.add(index.digest);
  }
  for (const { identity } of packages) digests.add(`sha256:${identity}`);
  for (const digest of digests) {
    if (needed.has(digest)) continue;
    const signatures = await registry.manifest(name, signatureTag(digest));
    if (signatures) await registry.deleteManifest(name, signatures.digest);
    await registry.deleteManifest(name, digest);
  }
}

/** What the tag names, where that is the index over exactly these: a person or a new build may have moved it. */
async function indexOf(
  packages: readonly ReleasePackage[],
  registry: RegistryClient,
  tag: string,
): Promise<FoundManifest | undefined> {
  const index = await registry.manifest(registryName(imageOf({ packages }).repository), tag);
  const ours = packages.map(({ identity }) => `sha256:${identity}`);
  return index && listedIn(index).sort().join() === ours.sort().join() ? index : undefined;
}

/** None where it is no index. */
function listedIn({ bytes }: FoundManifest): string[] {
  try {
    return parseIndex(bytes).map(({ digest }) => digest);
  } catch (error) {
    if (error instanceof ImageProblem) return [];
    throw error;
  }
}

/** A tag that no version can have, and that clients take for one of signatures. */
function withdrawnTag([first]: readonly ReleasePackage[]): string {
  return `sha256-${first!.identity}.withdrawn`;
}
