import {
  CONFIG_TYPE,
  descriptorOf,
  digestOf,
  hexOf,
  MANIFEST_TYPE,
  parseDescriptor,
  parseObject,
} from './descriptor.js';

/** What a signature says the image is called: each digest has one of each. */
export const IDENTITIES = ['repository', 'series', 'version'] as const;
export type Identity = (typeof IDENTITIES)[number];

/** Under which names an image is pulled. */
export interface ImageNames {
  /** `pkg.example.org`, with the port where there is one: what subscribers type. */
  readonly host: string;
  /** `lts-core` */
  readonly repository: string;
  readonly series: string;
  readonly version: string;
}

/** Something that is signed: bytes, and where they are in the snapshot. */
export interface SignaturePayload {
  /** Of what it vouches for. */
  readonly digest: string;
  readonly identity: Identity;
  readonly bytes: Buffer;
  /** `signatures/<hex>/series.json` */
  readonly path: string;
  /** `signatures/<hex>/series.sig` */
  readonly signaturePath: string;
}

/**
 * What is signed for one digest, in the format of simple signing (containers/image, "containers-signature(5)"), as
 * cosign writes it. skopeo compares `docker-reference` with the reference that is pulled, tag and all; cosign and
 * whoever pulls by digest want the repository.
 */
export function signaturePayloads(digest: string, names: ImageNames): SignaturePayload[] {
  const { host, repository, series, version } = names;
  const image = `${host}/oci/${repository}`;
  const references = {
    repository: image,
    series: `${image}:${series}`,
    version: `${image}:${version}`,
  };
  return IDENTITIES.map((identity) => {
    const folder = `signatures/${hexOf(digest)}`;
    return {
      ...{ digest, identity, bytes: payload(digest, references[identity]) },
      path: `${folder}/${identity}.json`,
      signaturePath: `${folder}/${identity}.sig`,
    };
  });
}

function payload(digest: string, reference: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': reference },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
}

const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SIGNATURE_ANNOTATION = 'dev.cosignproject.cosign/signature';

/** The tag under which cosign looks for the signatures of a digest. */
export function signatureTag(digest: string): string {
  return `sha256-${hexOf(digest)}.sig`;
}

/** A payload and its signature, DER. */
export interface SignedPayload {
  readonly bytes: Buffer;
  readonly signature: Buffer;
}

/** A layer of a manifest of signatures. */
export interface SignatureLayer {
  readonly mediaType: string;
  readonly size: number;
  readonly digest: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export function signatureLayer({ bytes, signature }: SignedPayload): SignatureLayer {
  return {
    mediaType: PAYLOAD_TYPE,
    size: bytes.length,
    digest: digestOf(bytes),
    annotations: { [SIGNATURE_ANNOTATION]: signature.toString('base64') },
  };
}

/** The image that holds signatures, as cosign makes it: its config says nothing but which layers there are. */
export function signatureImage(layers: readonly SignatureLayer[]): {
  readonly config: Buffer;
  readonly manifest: Buffer;
} {
  const sorted = [...layers].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const config = Buffer.from(
    JSON.stringify({
      architecture: '',
      os: '',
      rootfs: { type: 'layers', diff_ids: sorted.map(({ digest }) => digest) },
      config: {},
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptorOf(CONFIG_TYPE, config),
      layers: sorted,
    }),
  );
  return { config, manifest };
}

/**
 * The signatures that are kept already and are of other payloads than ours: the same image in another series has
 * names of its own, and every digest has one tag.
 */
export function otherSignatures(
  manifest: Buffer,
  ours: readonly SignatureLayer[],
): SignatureLayer[] {
  const known = new Set(ours.map(({ digest }) => digest));
  const { layers } = parseObject(manifest, 'the manifest of signatures');
  if (!Array.isArray(layers)) return [];
  return layers.flatMap((each: unknown) => {
    const { mediaType, digest, size, annotations } = parseDescriptor(each, 'a signature');
    if (mediaType !== PAYLOAD_TYPE || known.has(digest) || !annotations) return [];
    return [{ mediaType, size, digest, annotations }];
  });
}

/** The digest that a payload vouches for, where it is one for this name on any host. */
export function signedDigestIn(payload: Buffer, name: string): string | undefined {
  const { critical } = parseObject(payload, 'what is signed') as {
    critical?: {
      identity?: { 'docker-reference'?: unknown };
      image?: { 'docker-manifest-digest'?: unknown };
    };
  };
  const reference = critical?.identity?.['docker-reference'];
  const digest = critical?.image?.['docker-manifest-digest'];
  const isOfName = typeof reference === 'string' && reference.endsWith(name);
  return isOfName && typeof digest === 'string' ? digest : undefined;
}
