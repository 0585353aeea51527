import { createHash } from 'node:crypto';
import { ImageProblem } from './image-problem.js';

/** Media types of the OCI image specification 1.1. */
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
export const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';
export const LAYER_TYPES: readonly string[] = [
  LAYER_TYPE,
  `${LAYER_TYPE}+gzip`,
  `${LAYER_TYPE}+zstd`,
];

/** What an image says its version is, in a label of its config or an annotation of its manifest. */
export const VERSION_LABEL = 'org.opencontainers.image.version';

/** Bytes. What registries take as a manifest at most (distribution and Zot: 4 MiB). */
export const LARGEST_MANIFEST = 4 * 1024 * 1024;

/** OCI image specification, "Descriptors". */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 lower-case hex digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

/** An image manifest, as far as it is read here. */
export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** `sha256:<hex>` → `<hex>` */
export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

export function descriptorOf(mediaType: string, bytes: Buffer): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** @throws ImageProblem where it is no image manifest, or has parts that cannot be published */
export function parseManifest(bytes: Buffer): Manifest {
  const content = parseObject(bytes, 'its manifest');
  if (content.schemaVersion !== 2) throw new ImageProblem('its manifest has no schemaVersion 2');
  if (content.mediaType !== undefined && content.mediaType !== MANIFEST_TYPE) {
    throw new ImageProblem(
      `its manifest is of the type ${JSON.stringify(content.mediaType)} and not ${MANIFEST_TYPE}`,
    );
  }
  const config = parseDescriptor(content.config, 'the config of its manifest');
  if (config.mediaType !== CONFIG_TYPE) {
    throw new ImageProblem(`its config is of the type ${config.mediaType} and not ${CONFIG_TYPE}`);
  }
  if (!Array.isArray(content.layers)) throw new ImageProblem('its manifest has no layers');
  const layers = content.layers.map((each) => parseDescriptor(each, 'a layer of its manifest'));
  const strange = layers.find(({ mediaType }) => !LAYER_TYPES.includes(mediaType));
  if (strange) {
    throw new ImageProblem(
      `it has a layer of the type ${strange.mediaType}; these can be published: ${LAYER_TYPES.join(', ')}`,
    );
  }
  return { config, layers, annotations: parseTexts(content.annotations) };
}

/** The descriptors of an index, `index.json` of a layout among them. @throws ImageProblem */
export function parseIndex(bytes: Buffer): Descriptor[] {
  const content = parseObject(bytes, 'its index');
  if (content.schemaVersion !== 2 || !Array.isArray(content.manifests)) {
    throw new ImageProblem('its index.json is none: it has no schemaVersion 2 or no manifests');
  }
  return content.manifests.map((each) => parseDescriptor(each, 'its index'));
}

/** @throws ImageProblem */
export function parseDescriptor(content: unknown, where: string): Descriptor {
  const { mediaType, digest, size, platform, annotations } = asObject(content, where);
  if (
    typeof mediaType !== 'string' ||
    typeof digest !== 'string' ||
    !/^sha256:[0-9a-f]{64}$/.test(digest) ||
    !Number.isSafeInteger(size) ||
    (size as number) < 0
  ) {
    throw new ImageProblem(`${where} is not described by a media type, a SHA-256 and a size`);
  }
  return {
    ...{ mediaType, digest, size: size as number },
    ...(platform !== undefined && { platform: asObject(platform, where) as unknown as Platform }),
    ...(annotations !== undefined && { annotations: parseTexts(annotations) }),
  };
}

/** @throws ImageProblem where it is no JSON object in UTF-8 */
export function parseObject(bytes: Buffer, what: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ImageProblem(`${what} is not JSON`);
  }
  return asObject(content, what);
}

/** The texts of an object; whatever else it holds is left out. */
export function parseTexts(content: unknown): Record<string, string> {
  if (typeof content !== 'object' || content === null) return {};
  return Object.fromEntries(
    Object.entries(content).filter((each): each is [string, string] => typeof each[1] === 'string'),
  );
}

function asObject(content: unknown, what: string): Record<string, unknown> {
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    return content as Record<string, unknown>;
  }
  throw new ImageProblem(`${what} is not a JSON object`);
}
