import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readKeys } from 'openpgp';

/** What packages and metadata are signed by, as a subscriber can check it. */
export interface SignedBy {
  /** `https://pkg.example.org/gpg/lts.asc`: public, no key needed. */
  readonly url: string;
  /** Of the primary keys in that file, 40 (or, version 6, 64) upper-case hex digits. More than one while keys are changed. */
  readonly fingerprints: readonly string[];
  /** Of the file as it is served, 64 lower-case hex digits. */
  readonly sha256: string;
  /** The file itself. */
  readonly armored: string;
}

/** @throws Error when the file is missing, or holds no OpenPGP public key */
export async function readSigningKey(file: string): Promise<Omit<SignedBy, 'url'>> {
  const content = await readFile(file);
  const armored = content.toString('utf8');
  const keys = await readKeys({ armoredKeys: armored });
  return {
    fingerprints: keys.map((key) => key.getFingerprint().toUpperCase()),
    sha256: createHash('sha256').update(content).digest('hex'),
    armored,
  };
}
