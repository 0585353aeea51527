import type { Component } from '../../components/catalogue.js';
import {
  type Descriptor,
  descriptorOf,
  digestOf,
  MANIFEST_TYPE,
} from '../../promotion/oci/descriptor.js';
import { imageIndex } from '../../promotion/oci/image-index.js';
import { ImageProblem } from '../../promotion/oci/image-problem.js';
import { readImage } from '../../promotion/oci/read-image.js';
import { type Destination, stagingPlaces } from '../../promotion/publication.js';
import { SigningRefused } from '../signing-refused.js';
import type { StagedFiles } from '../staged-files.js';

/** What is staged for one architecture. */
export interface StagedImageFiles {
  readonly architecture: string;
  readonly files: StagedFiles;
}

/** The image of one architecture. */
export interface OwnImage {
  readonly architecture: string;
  /** As it is staged. */
  readonly file: string;
  /** Of its manifest. */
  readonly digest: string;
}

/** The images that the signer has read from staging, and the index that has to be over them. */
export interface OwnImages {
  readonly version: string;
  /** Of the index, and of each platform's manifest. */
  readonly digests: readonly string[];
  readonly images: readonly OwnImage[];
}

/** One image of each architecture that the signer's own catalogue has. */
export function stagedImages(
  destination: Destination,
  component: Component,
  open: (place: Destination) => StagedFiles,
): StagedImageFiles[] {
  return stagingPlaces(destination, component).map((place) => ({
    architecture: place.target,
    files: open(place),
  }));
}

/**
 * Reads what is staged, every byte of it, and computes by itself what has to be signed.
 * @throws SigningRefused where an architecture is missing, or an image is not what it should be
 */
export async function readOwnImages(staged: readonly StagedImageFiles[]): Promise<OwnImages> {
  const manifests: Descriptor[] = [];
  const images: OwnImage[] = [];
  const versions = new Map<string, string>();
  for (const { architecture, files } of staged) {
    const [file, another] = await files.fetch();
    if (!file) throw new SigningRefused(`No image is staged for ${architecture}.`);
    if (another) {
      throw new SigningRefused(
        `Two images are staged for ${architecture}, ${file.name} and ${another.name}. Remove one.`,
      );
    }
    const image = await readImage(file.file, architecture).catch((error: unknown) => {
      if (!(error instanceof ImageProblem)) throw error;
      throw new SigningRefused(`${file.name}, staged for ${architecture}: ${error.message}.`);
    });
    versions.set(architecture, image.version);
    images.push({ architecture, file: file.name, digest: digestOf(image.manifest) });
    manifests.push({ ...descriptorOf(MANIFEST_TYPE, image.manifest), platform: image.platform });
  }
  const [version, other] = new Set(versions.values());
  if (version === undefined || other !== undefined) {
    const list = [...versions].map(([architecture, of]) => `${architecture}: ${of}`).join(', ');
    throw new SigningRefused(`The staged images are of different versions (${list}).`);
  }
  const index = digestOf(imageIndex(manifests, version));
  return { version, images, digests: [index, ...images.map(({ digest }) => digest)] };
}
