import { createPrivateKey, type KeyObject, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import nacl from 'tweetnacl';

/**
 * The private key file of cosign (`cosign.key`): a PEM whose content is JSON, in
 * it the PKCS #8 key encrypted with NaCl's secretbox under a key that scrypt
 * derives from the password. The format is that of go-securesystemslib's package
 * `encrypted`; its `[]byte` fields are standard base64.
 */
interface SealedKey {
  kdf: { name: string; params: { N: number; r: number; p: number }; salt: string };
  cipher: { name: string; nonce: string };
  ciphertext: string;
}

/** go-securesystemslib's "standard" strength: what cosign itself writes. 64 MiB, some 200 ms. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1 };
/** It reads these alone ("legacy", "standard", "OWASP"): other costs would be an attacker's choice. */
const READABLE_COSTS = [2 ** 15, 2 ** 16, 2 ** 17];
const SALT_BYTES = 32;
const LABEL = 'ENCRYPTED SIGSTORE PRIVATE KEY';
/** cosign before 2.0 wrote COSIGN. */
const PEM =
  /-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END ENCRYPTED \1 PRIVATE KEY-----/;

/** Encrypts a private key as `cosign generate-key-pair` does. */
export async function sealCosignKey(privateKey: KeyObject, password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(nacl.secretbox.nonceLength);
  const plaintext = privateKey.export({ type: 'pkcs8', format: 'der' });
  const ciphertext = nacl.secretbox(plaintext, nonce, await derive(password, salt, SCRYPT));
  const sealed: SealedKey = {
    kdf: { name: 'scrypt', params: SCRYPT, salt: base64(salt) },
    cipher: { name: 'nacl/secretbox', nonce: base64(nonce) },
    ciphertext: base64(ciphertext),
  };
  const lines = base64(Buffer.from(JSON.stringify(sealed))).match(/.{1,64}/g)!;
  return [`-----BEGIN ${LABEL}-----`, ...lines, `-----END ${LABEL}-----`, ''].join('\n');
}

/**
 * Decrypts a `cosign.key`, whether cosign or `sealCosignKey` made it.
 *
 * @throws Error when it is no such file, or the password is wrong; never with any of its content
 */
export async function openCosignKey(pem: string, password: string): Promise<KeyObject> {
  const { kdf, cipher, ciphertext } = parseSealedKey(pem);
  const { N, r, p } = kdf.params;
  if (!READABLE_COSTS.includes(N) || r !== SCRYPT.r || p !== SCRYPT.p) {
    throw new Error('the cosign key asks for scrypt parameters that cosign does not use');
  }
  const nonce = Buffer.from(cipher.nonce, 'base64');
  if (nonce.length !== nacl.secretbox.nonceLength) {
    throw new Error('the cosign key has a nonce of the wrong length');
  }
  const key = await derive(password, Buffer.from(kdf.salt, 'base64'), kdf.params);
  const plaintext = nacl.secretbox.open(Buffer.from(ciphertext, 'base64'), nonce, key);
  if (!plaintext) throw new Error('the cosign key does not open with this password');
  return createPrivateKey({ key: Buffer.from(plaintext), type: 'pkcs8', format: 'der' });
}

function parseSealedKey(pem: string): SealedKey {
  const body = PEM.exec(pem)?.[2];
  if (!body) throw new Error(`a cosign key is a PEM file "${LABEL}", and this is none`);
  const sealed = jsonOrUndefined(Buffer.from(body, 'base64').toString()) as
    Partial<SealedKey> | null | undefined;
  if (
    sealed?.kdf?.name !== 'scrypt' ||
    typeof sealed.kdf.salt !== 'string' ||
    typeof sealed.kdf.params !== 'object' ||
    sealed.kdf.params === null ||
    sealed.cipher?.name !== 'nacl/secretbox' ||
    typeof sealed.cipher.nonce !== 'string' ||
    typeof sealed.ciphertext !== 'string'
  ) {
    throw new Error('the cosign key is not encrypted with scrypt and nacl/secretbox');
  }
  return sealed as SealedKey;
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function derive(password: string, salt: Buffer, cost: SealedKey['kdf']['params']): Promise<Buffer> {
  // scrypt needs 128 × N × r bytes (RFC 7914, section 2), and Node refuses more than 32 MiB unasked.
  const options = { ...cost, maxmem: 2 * 128 * cost.N * cost.r };
  return promisify<string, Buffer, number, object, Buffer>(scrypt)(
    password,
    salt,
    nacl.secretbox.keyLength,
    options,
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
