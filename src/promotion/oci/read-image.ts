import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ArchiveMembers, type ArchiveMember } from './archive-members.js';
import {
  type Descriptor,
  digestOf,
  hexOf,
  INDEX_TYPE,
  LARGEST_MANIFEST,
  LAYER_TYPE,
  type Manifest,
  MANIFEST_TYPE,
  parseIndex,
  parseManifest,
  parseObject,
  parseTexts,
  type Platform,
  VERSION_LABEL,
} from './descriptor.js';
import { convertDockerArchive } from './docker-archive.js';
import { ImageProblem } from './image-problem.js';

/** A layer, and where its bytes are in the archive. */
export type Layer = Descriptor & Pick<ArchiveMember, 'offset'>;

/** One image of one platform, as it was staged. */
export interface StagedImage {
  readonly manifest: Buffer;
  readonly config: Buffer;
  readonly layers: readonly Layer[];
  readonly platform: Platform;
  /** `org.opencontainers.image.version` */
  readonly version: string;
}

/** An image found in an archive, not judged yet. */
export interface FoundImage {
  readonly manifest: Buffer;
  readonly config: Buffer;
  /** By digest, where its bytes are. */
  readonly layerOf: (descriptor: Descriptor) => ArchiveMember | undefined;
}

/** OCI distribution specification, "Pulling manifests". */
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
/** Tags that cosign and referring artifacts use (OCI distribution specification, "Referrers Tag Schema"). */
const RESERVED_TAG = /^sha256-/;

/**
 * Reads an OCI archive (`skopeo copy … oci-archive:`, `docker buildx build -o type=oci`) or an archive of
 * `docker save`: every byte of it, checking every hash. An archive of the latter is converted, always in the same way.
 *
 * @param architecture for which it was staged
 * @throws ImageProblem
 */
export async function readImage(archive: string, architecture: string): Promise<StagedImage> {
  const members = await ArchiveMembers.read(archive);
  const found = members.find('oci-layout')
    ? await imagesOfLayout(members)
    : [await convertDockerArchive(members)];
  const platforms = found.map((image) => ({ image, ...platformOf(image.config) }));
  const fitting = platforms.filter(
    ({ platform }) => platform.os === 'linux' && platform.architecture === architecture,
  );
  if (fitting.length !== 1) {
    const names = platforms.map(({ platform: { os, architecture: of } }) => `${os}/${of}`);
    throw new ImageProblem(
      `it is staged for ${architecture} and holds ${fitting.length === 0 ? 'no image' : 'more than one image'} for linux/${architecture}` +
        ` (it has: ${names.join(', ') || 'none'})`,
    );
  }
  const [{ image, platform, labels, diffIds }] = fitting as [(typeof fitting)[0]];
  const manifest = parseManifest(image.manifest);
  const layers = manifest.layers.map((layer) => ({ ...layer, ...placeOf(image, layer) }));
  await checkDiffIds(members, layers, diffIds);
  const version = versionOf(labels, manifest);
  return { manifest: image.manifest, config: image.config, layers, platform, version };
}

/** All images of the layout's index and of the indexes in it, attestations left out. */
async function imagesOfLayout(members: ArchiveMembers): Promise<FoundImage[]> {
  const layout = parseObject(await members.content('oci-layout', LARGEST_MANIFEST), 'oci-layout');
  if (layout.imageLayoutVersion !== '1.0.0') {
    throw new ImageProblem('its oci-layout names another version than 1.0.0');
  }
  const top = parseIndex(await members.content('index.json', LARGEST_MANIFEST));
  const manifests = new Map<string, Descriptor>();
  for (const each of top) {
    const inside = each.mediaType === INDEX_TYPE ? parseIndex(await blob(members, each)) : [each];
    for (const descriptor of inside) {
      if (isAttestation(descriptor)) continue;
      if (descriptor.mediaType !== MANIFEST_TYPE) {
        throw new ImageProblem(
          `its index names something of the type ${descriptor.mediaType}; export it as an OCI image (skopeo copy --format oci)`,
        );
      }
      manifests.set(descriptor.digest, descriptor);
    }
  }
  return Promise.all(
    [...manifests.values()].map(async (descriptor) => {
      const manifest = await blob(members, descriptor);
      const config = await blob(members, parseManifest(manifest).config);
      return { manifest, config, layerOf: ({ digest }) => memberOf(members, digest) };
    }),
  );
}

/** What buildx adds beside images: provenance, for no platform. */
function isAttestation({ platform, annotations }: Descriptor): boolean {
  return (
    annotations?.['vnd.docker.reference.type'] === 'attestation-manifest' ||
    (platform?.os === 'unknown' && platform.architecture === 'unknown')
  );
}

function memberOf(members: ArchiveMembers, digest: string): ArchiveMember | undefined {
  return members.find(`blobs/sha256/${hexOf(digest)}`);
}

async function blob(members: ArchiveMembers, { digest, size }: Descriptor): Promise<Buffer> {
  const bytes = await members.content(`blobs/sha256/${hexOf(digest)}`, LARGEST_MANIFEST);
  if (digestOf(bytes) !== digest) throw new ImageProblem(`its blob ${digest} has other content`);
  if (bytes.length !== size) throw new ImageProblem(`its blob ${digest} is not ${size} bytes long`);
  return bytes;
}

/** Where the bytes of a layer are, once they are known to be its bytes. */
function placeOf(image: FoundImage, layer: Descriptor): Pick<ArchiveMember, 'offset'> {
  const member = image.layerOf(layer);
  if (!member) throw new ImageProblem(`its layer ${layer.digest} is not in it`);
  if (`sha256:${member.sha256}` !== layer.digest) {
    throw new ImageProblem(`its layer ${layer.digest} has other content`);
  }
  if (member.size !== layer.size) {
    throw new ImageProblem(`its layer ${layer.digest} is not ${layer.size} bytes long`);
  }
  return { offset: member.offset };
}

function platformOf(config: Buffer) {
  const content = parseObject(config, 'its config');
  const { architecture, os, variant, rootfs } = content;
  if (typeof architecture !== 'string' || typeof os !== 'string') {
    throw new ImageProblem('its config names no architecture or no os');
  }
  const { diff_ids: diffIds } = (rootfs ?? {}) as { diff_ids?: unknown };
  const { Labels } = (content.config ?? {}) as { Labels?: unknown };
  return {
    platform: { architecture, os, ...(typeof variant === 'string' && variant && { variant }) },
    labels: parseTexts(Labels),
    diffIds: Array.isArray(diffIds) ? (diffIds as unknown[]) : [],
  };
}

/**
 * A client unpacks a layer and compares: a config with another hash than that of the unpacked layer cannot be run.
 * Node of this age reads no zstd, so those are taken at their word.
 */
async function checkDiffIds(
  members: ArchiveMembers,
  layers: readonly Layer[],
  diffIds: readonly unknown[],
): Promise<void> {
  if (diffIds.length !== layers.length) {
    throw new ImageProblem(
      `its config has ${diffIds.length} layers (rootfs.diff_ids), and its manifest ${layers.length}`,
    );
  }
  for (const [i, layer] of layers.entries()) {
    const unpacked = await unpackedDigest(members, layer);
    if (unpacked === undefined || unpacked === diffIds[i]) continue;
    throw new ImageProblem(
      `its layer ${layer.digest} unpacks to ${unpacked}, and its config has ${String(diffIds[i])}`,
    );
  }
}

async function unpackedDigest(members: ArchiveMembers, layer: Layer): Promise<string | undefined> {
  if (layer.mediaType === LAYER_TYPE) return layer.digest;
  if (layer.mediaType !== `${LAYER_TYPE}+gzip`) return undefined;
  const hash = createHash('sha256');
  try {
    await pipeline(members.open({ ...layer, sha256: '' }), createGunzip(), async (plain) => {
      for await (const chunk of plain as Readable) hash.update(chunk as Buffer);
    });
  } catch (error) {
    throw new ImageProblem(`its layer ${layer.digest} is no gzip: ${(error as Error).message}`);
  }
  return `sha256:${hash.digest('hex')}`;
}

function versionOf(labels: Readonly<Record<string, string>>, manifest: Manifest): string {
  const said = [labels[VERSION_LABEL], manifest.annotations[VERSION_LABEL]];
  const versions = [...new Set(said.filter((each) => each !== undefined))];
  const [version] = versions;
  if (version === undefined) {
    throw new ImageProblem(
      `it says no version: build it with the label ${VERSION_LABEL}, which becomes its tag`,
    );
  }
  if (versions.length > 1) {
    throw new ImageProblem(
      `its label ${VERSION_LABEL} is ${JSON.stringify(version)}, and the annotation of that name ${JSON.stringify(versions[1])}`,
    );
  }
  if (!TAG.test(version) || RESERVED_TAG.test(version)) {
    throw new ImageProblem(
      `its version ${JSON.stringify(version)} cannot be a tag: letters, digits, ".", "_" and "-", at most 128, the first none of "." and "-"`,
    );
  }
  return version;
}
