import type { KeptRelease, ReleaseSnapshot } from '../format-builder.js';
import type { ReleaseDocument } from '../release.js';
import { CONFIG_TYPE, descriptorOf, INDEX_TYPE, MANIFEST_TYPE } from './descriptor.js';
import { forgetImage } from './forget-image.js';
import {
  imageOf,
  readImageTree,
  readSignatures,
  registryName,
  signedDigests,
} from './image-tree.js';
import type { RegistryClient } from './registry-client.js';
import {
  otherSignatures,
  signatureImage,
  signatureLayer,
  signatureTag,
} from './signature-payloads.js';

/**
 * Brings the registry in line with the release that is live: its manifests, its signatures, the tag of its version,
 * and last the tag of its series, so that whoever pulls that finds all the rest. May be run again at any time.
 */
export async function deliverImage(
  { folder, document }: ReleaseSnapshot,
  kept: readonly KeptRelease[],
  registry: RegistryClient,
  now: Date,
): Promise<void> {
  const { repository, version } = imageOf(document);
  const name = registryName(repository);
  const tree = await readImageTree(folder);
  const { index, images } = tree;
  for (const { digest, manifest, config } of images) {
    await registry.pushBlob(name, config.descriptor, () => config.bytes);
    await registry.putManifest(name, digest, MANIFEST_TYPE, manifest);
  }
  await registry.putManifest(name, index.digest, INDEX_TYPE, index.bytes);
  for (const digest of signedDigests(tree)) await putSignatures(registry, name, folder, digest);
  // Of two series that race for one version, the first has it: the tag never moves.
  if (!(await registry.manifest(name, version))) {
    await registry.putManifest(name, version, INDEX_TYPE, index.bytes);
  }
  await registry.putManifest(name, document.publication.series, INDEX_TYPE, index.bytes);
  await forgetWithdrawn(document, kept, registry, now);
}

/** Each time again, until the grace of each is over: nothing else comes by then. */
async function forgetWithdrawn(
  { publication }: ReleaseDocument,
  kept: readonly KeptRelease[],
  registry: RegistryClient,
  now: Date,
): Promise<void> {
  for (const { document, wasLive } of kept) {
    if (!wasLive || document.publication.series !== publication.series) continue;
    await forgetImage(document.withdrawn ?? [], kept, registry, now);
  }
}

async function putSignatures(
  registry: RegistryClient,
  name: string,
  folder: string,
  digest: string,
): Promise<void> {
  const tag = signatureTag(digest);
  const signed = await readSignatures(folder, digest);
  const ours = signed.map(signatureLayer);
  for (const [i, layer] of ours.entries()) {
    await registry.pushBlob(name, layer, () => signed[i]!.bytes);
  }
  const before = await registry.manifest(name, tag);
  const others = before ? otherSignatures(before.bytes, ours) : [];
  const { config, manifest } = signatureImage([...others, ...ours]);
  if (before?.bytes.equals(manifest)) return;
  await registry.pushBlob(name, descriptorOf(CONFIG_TYPE, config), () => config);
  await registry.putManifest(name, tag, MANIFEST_TYPE, manifest);
}
