import { link, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import type { BuildOrder, SigningTask } from '../format-builder.js';
import { openMember } from './archive-members.js';
import { CONFIG_TYPE, descriptorOf, digestOf, INDEX_TYPE, MANIFEST_TYPE } from './descriptor.js';
import { imageIndex } from './image-index.js';
import { blobPath, INDEX_FILE, readImageTree, registryName } from './image-tree.js';
import { readImage, type StagedImage } from './read-image.js';
import type { RegistryClient } from './registry-client.js';
import { signaturePayloads } from './signature-payloads.js';

/**
 * Builds a release of staged images: what is large goes to the registry, by digest and under no tag; index, manifests
 * and what is to be signed into the snapshot.
 *
 * @returns the signatures that it needs: three of each digest
 * @throws DomainError PACKAGE_CONFLICT where its version is published with other content
 */
export async function buildImage(
  { folder, packages, publication, component }: BuildOrder,
  registry: RegistryClient,
  host: string,
): Promise<SigningTask[]> {
  const repository = component.oci!.repository;
  const name = registryName(repository);
  const images: StagedImage[] = [];
  for (const { entry, source } of packages) {
    const image = await readImage(source, entry.architecture);
    await pushImage(registry, name, image, source);
    await write(join(folder, blobPath(digestOf(image.manifest))), image.manifest);
    await write(join(folder, blobPath(digestOf(image.config))), image.config);
    images.push(image);
  }
  const { version } = images[0]!;
  const manifests = images.map(({ manifest, platform }) => ({
    ...descriptorOf(MANIFEST_TYPE, manifest),
    platform,
  }));
  const index = imageIndex(manifests, version);
  await requireSame(registry, name, version, digestOf(index));
  await registry.putManifest(name, digestOf(index), INDEX_TYPE, index);
  await write(join(folder, INDEX_FILE), index);

  const names = { host, repository, series: publication.series, version };
  const payloads = [digestOf(index), ...manifests.map(({ digest }) => digest)].flatMap((digest) =>
    signaturePayloads(digest, names),
  );
  for (const { path, bytes } of payloads) await write(join(folder, path), bytes);
  return payloads.map(({ path, signaturePath }) => ({ form: 'cosign', path, signaturePath }));
}

/** Takes over a release as it is, with its signatures, and sees that the registry has it by its digests. */
export async function takeOver(
  { folder, component }: BuildOrder,
  earlier: string,
  registry: RegistryClient,
): Promise<void> {
  for (const file of await readdir(earlier, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name).slice(earlier.length + 1);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await link(join(earlier, path), join(folder, path));
  }
  const name = registryName(component.oci!.repository);
  const { index, images } = await readImageTree(folder);
  for (const { digest, manifest, config } of images) {
    await registry.pushBlob(name, config.descriptor, () => config.bytes);
    await registry.putManifest(name, digest, MANIFEST_TYPE, manifest);
  }
  await registry.putManifest(name, index.digest, INDEX_TYPE, index.bytes);
}

async function pushImage(
  registry: RegistryClient,
  name: string,
  { manifest, config, layers }: StagedImage,
  archive: string,
): Promise<void> {
  for (const layer of layers) {
    await registry.pushBlob(name, layer, () => openMember(archive, layer));
  }
  await registry.pushBlob(name, descriptorOf(CONFIG_TYPE, config), () => config);
  await registry.putManifest(name, digestOf(manifest), MANIFEST_TYPE, manifest);
}

/** A version's tag never moves: whoever has pulled it has what it is. */
async function requireSame(
  registry: RegistryClient,
  name: string,
  version: string,
  digest: string,
): Promise<void> {
  const published = await registry.manifest(name, version);
  if (!published || published.digest === digest) return;
  throw new DomainError(
    'PACKAGE_CONFLICT',
    `${name}:${version} is published as ${published.digest}, and what is staged would be ${digest}. ` +
      'Build it with another version (org.opencontainers.image.version).',
    { conflicts: [`${name}:${version}`] },
  );
}

async function write(file: string, content: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}
