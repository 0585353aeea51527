import { join } from 'node:path';
import { digestOf, hexOf, LARGEST_MANIFEST, parseIndex } from '../../promotion/oci/descriptor.js';
import { signedDigestIn } from '../../promotion/oci/signature-payloads.js';
import { isSignatureOf, readCosignPublicKey } from '../../signing/cosign-signature.js';
import type { PromotionApi } from '../promotion-api.js';
import { readAtMost } from '../read-at-most.js';
import { SigningRefused } from '../signing-refused.js';

/** An index that is live, vouched for by its signature. */
export interface LiveImage {
  readonly digest: string;
  /** By architecture, the digest of its manifest. */
  readonly manifests: ReadonlyMap<string, string>;
}

/**
 * Reads the index of a release, and checks its signature with the public key of the checkout.
 * @param name `/oci/lts-core:2025`, behind whatever host it was signed for
 * @throws SigningRefused where it does not verify
 */
export async function readLiveImage(
  api: Pick<PromotionApi, 'readRelease'>,
  release: string,
  name: string,
  publicKeys: string,
): Promise<LiveImage> {
  const read = async (path: string) => {
    const content = await api.readRelease(release, path);
    if (content) return readAtMost(LARGEST_MANIFEST, content);
    throw new SigningRefused(`The release ${release} has no ${path}.`);
  };
  const index = await read('index.json');
  const digest = digestOf(index);
  const payload = await read(`signatures/${hexOf(digest)}/series.json`);
  const signature = await read(`signatures/${hexOf(digest)}/series.sig`);
  const key = await readCosignPublicKey(join(publicKeys, 'cosign.pub')).catch((error: Error) => {
    throw new SigningRefused(`The public key for images cannot be read: ${error.message}.`);
  });
  if (!isSignatureOf(payload, signature, key) || signedDigestIn(payload, name) !== digest) {
    throw new SigningRefused(`What is live as ${name} (${release}) does not verify.`);
  }
  const manifests = parseIndex(index).map(
    (each) => [each.platform?.architecture ?? '', each.digest] as const,
  );
  return { digest, manifests: new Map(manifests) };
}
