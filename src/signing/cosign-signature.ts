import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** The private key has to be of this kind too: what `cosign generate-key-pair` makes. */
export function isCosignKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/**
 * Reads `cosign.pub`.
 * @throws Error where it is no public key of ECDSA P-256
 */
export async function readCosignPublicKey(file: string): Promise<KeyObject> {
  const pem = await readFile(file, 'utf8');
  const key = createPublicKey(pem);
  if (pem.includes('PRIVATE KEY') || !isCosignKey(key)) {
    throw new Error(`${file} is no public key of cosign generate-key-pair (ECDSA P-256)`);
  }
  return key;
}

/** A signature as cosign makes it with a key: ECDSA over SHA-256, DER. */
export function signPayload(payload: Buffer, key: KeyObject): Buffer {
  return sign('sha256', payload, key);
}

export function isSignatureOf(payload: Buffer, signature: Buffer, key: KeyObject): boolean {
  return verify('sha256', payload, key, signature);
}
