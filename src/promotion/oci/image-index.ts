import { type Descriptor, INDEX_TYPE, VERSION_LABEL } from './descriptor.js';

/**
 * The index over the images of all architectures, in the one form that both the server and the signer make: by its
 * bytes it has its digest.
 *
 * @param manifests each with its platform
 */
export function imageIndex(manifests: readonly Descriptor[], version: string): Buffer {
  const sorted = [...manifests].sort((a, b) => compare(platformOf(a), platformOf(b)));
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: INDEX_TYPE,
      manifests: sorted.map(({ mediaType, digest, size, platform }) => ({
        ...{ mediaType, digest, size },
        platform: {
          architecture: platform!.architecture,
          os: platform!.os,
          ...(platform!.variant !== undefined && { variant: platform!.variant }),
        },
      })),
      annotations: { [VERSION_LABEL]: version },
    }),
  );
}

function platformOf({ platform }: Descriptor): string {
  return `${platform!.architecture}/${platform!.variant ?? ''}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
