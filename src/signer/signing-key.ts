import { decryptKey, type PrivateKey, readPrivateKeys } from 'openpgp';
import { type PrimaryKeys, SignatureProblem } from '../signing/primary-keys.js';
import { SigningRefused } from './signing-refused.js';

/** The operator's signing key, as the secrets of CI hold it. */
export interface SigningKey {
  /** `GPG_PRIVATE_KEY`: ASCII-armoured. */
  readonly privateKey: string;
  /** `GPG_KEY_ID`: the fingerprint of the primary key, 40 hex digits. */
  readonly fingerprint: string;
  /** `GPG_PASSPHRASE` */
  readonly passphrase: string;
}

const armored = /-----BEGIN PGP PRIVATE KEY BLOCK-----[^]*-----END PGP PRIVATE KEY BLOCK-----/;

/**
 * Checks a signing key before it is used for anything: that it is the primary key of that fingerprint, whole and
 * opened by the passphrase, and that subscribers would accept what it signs. No message repeats any of it but the
 * fingerprint.
 *
 * @param keys of the signer's own checkout
 * @returns the key as gpg takes it
 * @throws SigningRefused, naming the variable that is wrong
 */
export async function checkSigningKey(
  given: SigningKey,
  keys: PrimaryKeys,
  now = new Date(),
): Promise<SigningKey> {
  const fingerprint = given.fingerprint.trim().toUpperCase();
  if (!/^[0-9A-F]{40}$/.test(fingerprint)) {
    throw new SigningRefused(
      'GPG_KEY_ID is not a fingerprint of 40 hex digits, as gpg --list-keys shows it, without spaces.',
    );
  }
  // gpg takes the first line of a passphrase file and no more.
  const passphrase = given.passphrase.replace(/\r?\n$/, '');
  if (/[\r\n]/.test(passphrase)) {
    throw new SigningRefused('GPG_PASSPHRASE has more than one line, which gpg does not take.');
  }
  const privateKey = armored.exec(given.privateKey)?.[0];
  if (privateKey === undefined) {
    throw new SigningRefused(
      'GPG_PRIVATE_KEY holds no armoured private key: it is what gpg --armor --export-secret-keys writes.',
    );
  }
  await requireUsable(await keyOf(privateKey, fingerprint), fingerprint, passphrase);
  await keys.checkKey(fingerprint, now).catch((error: unknown) => {
    if (!(error instanceof SignatureProblem)) throw error;
    throw new SigningRefused(
      `What the key of GPG_KEY_ID signs would be refused by the public keys here. ${error.message}`,
    );
  });
  return { privateKey, fingerprint, passphrase };
}

async function keyOf(armoredKeys: string, fingerprint: string): Promise<PrivateKey> {
  const keys = await readPrivateKeys({ armoredKeys }).catch(() => {
    throw new SigningRefused('GPG_PRIVATE_KEY cannot be read: export the key again.');
  });
  const nameOf = (key: { getFingerprint(): string }) => key.getFingerprint().toUpperCase();
  const key = keys.find((each) => nameOf(each) === fingerprint);
  if (key) return key;
  if (keys.some((each) => each.getSubkeys().some((subkey) => nameOf(subkey) === fingerprint))) {
    throw new SigningRefused(
      `GPG_KEY_ID is the subkey ${fingerprint}: it has to be the primary key, ${keys.map(nameOf).join(' or ')}.`,
    );
  }
  throw new SigningRefused(
    `GPG_PRIVATE_KEY is the key ${keys.map(nameOf).join(', ')}, and GPG_KEY_ID is ${fingerprint}.`,
  );
}

/** An export of subkeys alone holds the primary key without its secret (a GNU dummy). */
async function requireUsable(
  key: PrivateKey,
  fingerprint: string,
  passphrase: string,
): Promise<void> {
  const primary = key.keyPacket as unknown as { isDummy?(): boolean };
  if (primary.isDummy?.()) {
    throw new SigningRefused(
      `GPG_PRIVATE_KEY holds subkeys of ${fingerprint} and not its own secret: export it with gpg --armor --export-secret-keys.`,
    );
  }
  if (key.isDecrypted()) return;
  await decryptKey({ privateKey: key, passphrase }).catch(() => {
    throw new SigningRefused('GPG_PASSPHRASE does not open the key in GPG_PRIVATE_KEY.');
  });
}
