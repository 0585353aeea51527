import type { KeyObject } from 'node:crypto';
import { isSignatureOf } from '../../signing/cosign-signature.js';
import type { ReleaseDocument } from '../release.js';
import { type Descriptor, digestOf, MANIFEST_TYPE, parseObject } from './descriptor.js';
import { imageIndex } from './image-index.js';
import {
  type ImageTree,
  imageOf,
  readImageTree,
  readSignatures,
  registryName,
  signedDigests,
} from './image-tree.js';
import { ImageProblem } from './image-problem.js';
import type { RegistryClient } from './registry-client.js';
import { signaturePayloads } from './signature-payloads.js';

/**
 * Checks a snapshot of images: that its index lists exactly the release's images, that the registry answers every
 * digest of it with what it should, and that every signature is by the public key and over the right words.
 *
 * @throws ImageProblem
 */
export async function verifyImage(
  folder: string,
  document: ReleaseDocument,
  registry: RegistryClient,
  key: KeyObject,
): Promise<void> {
  const tree = await readImageTree(folder);
  requireListed(tree, document);
  const { repository, version } = imageOf(document);
  await verifyInRegistry(registry, registryName(repository), tree);
  const { series } = document.publication;
  for (const digest of signedDigests(tree)) {
    await verifySignatures(folder, digest, { repository, series, version }, key);
  }
}

/** The index in its one form, over the manifests of the release and no others. */
function requireListed({ index, images }: ImageTree, document: ReleaseDocument): void {
  const manifests = images.map(({ manifest, config }): Descriptor => {
    const { architecture, os, variant } = parseObject(config.bytes, 'a config');
    const platform = {
      ...{ architecture: architecture as string, os: os as string },
      ...(variant ? { variant: variant as string } : {}),
    };
    if (digestOf(config.bytes) !== config.descriptor.digest) {
      throw new ImageProblem(`the config ${config.descriptor.digest} has other content`);
    }
    const digest = digestOf(manifest);
    return { mediaType: MANIFEST_TYPE, digest, size: manifest.length, platform };
  });
  const listed = manifests.map(({ digest, platform }) => `${platform!.architecture} ${digest}`);
  const wanted = document.packages.map(
    ({ architecture, identity }) => `${architecture} sha256:${identity}`,
  );
  if (listed.sort().join() !== wanted.sort().join()) {
    throw new ImageProblem('its index does not list exactly the images of the release');
  }
  const { version } = imageOf(document);
  if (!imageIndex(manifests, version).equals(index.bytes)) {
    throw new ImageProblem('its index is not the one over these images');
  }
}

async function verifyInRegistry(
  registry: RegistryClient,
  name: string,
  { index, images }: ImageTree,
): Promise<void> {
  for (const { digest } of [index, ...images]) {
    const found = await registry.manifest(name, digest);
    if (found?.digest !== digest) {
      throw new ImageProblem(`the registry answers ${name}@${digest} with ${found?.digest ?? 404}`);
    }
  }
  const blobs = images.flatMap(({ config, layers }) => [config.descriptor, ...layers]);
  for (const { digest, size } of blobs) {
    const found = await registry.blobSize(name, digest);
    if (found !== size) {
      throw new ImageProblem(
        `the registry has ${found ?? 'no'} bytes of the blob ${digest} of ${name}, which is ${size} bytes long`,
      );
    }
  }
}

/** A release that is brought back keeps the host under which it was signed. */
async function verifySignatures(
  folder: string,
  digest: string,
  names: { repository: string; series: string; version: string },
  key: KeyObject,
): Promise<void> {
  const signed = await readSignatures(folder, digest);
  const host = hostIn(signed[0]!.bytes, names.repository);
  for (const [i, wanted] of signaturePayloads(digest, { ...names, host }).entries()) {
    const { bytes, signature } = signed[i]!;
    if (!bytes.equals(wanted.bytes)) {
      throw new ImageProblem(`the signature of ${digest} (${wanted.identity}) is over other words`);
    }
    if (!isSignatureOf(bytes, signature, key)) {
      throw new ImageProblem(
        `the signature of ${digest} (${wanted.identity}) is not by the key of cosign.pub`,
      );
    }
  }
}

function hostIn(payload: Buffer, repository: string): string {
  const { critical } = parseObject(payload, 'what is signed') as {
    critical?: { identity?: { 'docker-reference'?: string } };
  };
  const reference = critical?.identity?.['docker-reference'] ?? '';
  return reference.slice(0, -`/oci/${repository}`.length);
}
