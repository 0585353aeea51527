import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReleaseDocument } from '../release.js';
import { type Descriptor, digestOf, hexOf, parseIndex, parseManifest } from './descriptor.js';
import { IDENTITIES, type SignedPayload } from './signature-payloads.js';

/** The index in a snapshot; the layers of its images are in the registry alone. */
export const INDEX_FILE = 'index.json';

/** Where a manifest or a config is in a snapshot. */
export function blobPath(digest: string): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

/** The image of one platform, in a snapshot. */
export interface TreeImage {
  readonly digest: string;
  readonly manifest: Buffer;
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  readonly layers: readonly Descriptor[];
}

/** What a snapshot of images holds. */
export interface ImageTree {
  readonly index: { readonly digest: string; readonly bytes: Buffer };
  readonly images: readonly TreeImage[];
}

/** @throws ImageProblem, or ENOENT, where it is damaged */
export async function readImageTree(folder: string): Promise<ImageTree> {
  const bytes = await readFile(join(folder, INDEX_FILE));
  const images = await Promise.all(
    parseIndex(bytes).map(async ({ digest }) => {
      const manifest = await readFile(join(folder, blobPath(digest)));
      const { config, layers } = parseManifest(manifest);
      const configBytes = await readFile(join(folder, blobPath(config.digest)));
      return { digest, manifest, layers, config: { descriptor: config, bytes: configBytes } };
    }),
  );
  return { index: { digest: digestOf(bytes), bytes }, images };
}

/** Every digest that is signed: the index, and each platform's manifest (skopeo asks for those). */
export function signedDigests({ index, images }: ImageTree): string[] {
  return [index.digest, ...images.map(({ digest }) => digest)];
}

/** The signatures of a digest that a snapshot holds. */
export function readSignatures(folder: string, digest: string): Promise<SignedPayload[]> {
  const place = join(folder, 'signatures', hexOf(digest));
  return Promise.all(
    IDENTITIES.map(async (identity) => ({
      bytes: await readFile(join(place, `${identity}.json`)),
      signature: await readFile(join(place, `${identity}.sig`)),
    })),
  );
}

/** `oci/lts-core`, and the version that the release is of. */
export function imageOf({ packages }: Pick<ReleaseDocument, 'packages'>): {
  readonly repository: string;
  readonly version: string;
} {
  const [first] = packages;
  if (!first) throw new Error('a release of images without an image');
  return { repository: first.name, version: first.version };
}

/** In the registry, where the gateway looks for it. */
export function registryName(repository: string): string {
  return `oci/${repository}`;
}
