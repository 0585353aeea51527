import { createPublicKey, type KeyObject } from 'node:crypto';
import { openCosignKey } from '../../signing/cosign-key.js';
import { isCosignKey, readCosignPublicKey } from '../../signing/cosign-signature.js';
import { SigningRefused } from '../signing-refused.js';

/** The operator's key for images, as the secrets of CI hold it. */
export interface CosignSecret {
  /** `COSIGN_PRIVATE_KEY`: the content of `cosign.key`. */
  readonly privateKey: string | undefined;
  /** `COSIGN_PASSWORD`; it may be empty. */
  readonly password: string | undefined;
}

/**
 * Opens the key, and checks that subscribers would accept what it signs. No message repeats any of it.
 * @param publicKeyFile `cosign.pub` of the signer's own checkout
 * @throws SigningRefused, naming what is wrong
 */
export async function openCosignSecret(
  { privateKey, password }: CosignSecret,
  publicKeyFile: string,
): Promise<KeyObject> {
  if (privateKey === undefined || password === undefined) {
    const missing = [
      ...(privateKey === undefined ? ['COSIGN_PRIVATE_KEY'] : []),
      ...(password === undefined ? ['COSIGN_PASSWORD'] : []),
    ];
    throw new SigningRefused(
      `Images are signed with the key in the environment, and ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set there.`,
    );
  }
  const key = await openCosignKey(privateKey, password).catch((error: Error) => {
    throw new SigningRefused(
      `COSIGN_PRIVATE_KEY cannot be used with COSIGN_PASSWORD: ${error.message}.`,
    );
  });
  if (!isCosignKey(key)) {
    throw new SigningRefused('COSIGN_PRIVATE_KEY is no key of cosign generate-key-pair (P-256).');
  }
  const published = await readCosignPublicKey(publicKeyFile).catch((error: Error) => {
    throw new SigningRefused(
      `The public key for images cannot be read: ${error.message}. Commit it as static/content/gpg/cosign.pub, or name its folder with --public-keys.`,
    );
  });
  if (!createPublicKey(key).equals(published)) {
    throw new SigningRefused(
      `What COSIGN_PRIVATE_KEY signs would be refused: ${publicKeyFile} is of another key.`,
    );
  }
  return key;
}
