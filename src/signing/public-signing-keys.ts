import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readKeys, type Key } from 'openpgp';
import { DEVELOPMENT_COMMENT } from './development-keys.js';

/** An OpenPGP key that subscribers verify with. */
export interface PublicGpgKey {
  /** Of the primary key, 40 or more upper-case hex digits. */
  readonly fingerprint: string;
  readonly userIds: readonly string[];
  /** Null: it does not expire. */
  readonly expiresAt: Date | null;
}

/** The public keys that `/gpg/` serves, as far as they can be read. */
export interface PublicSigningKeys {
  /** Those of `lts.asc`: two while a new key takes over from an old one. */
  readonly gpg: readonly PublicGpgKey[];
  /** Whether `cosign.pub` holds a public key. */
  readonly cosign: boolean;
  /** One of them was made by Packyard itself, for trying it out. */
  readonly development: boolean;
  /** What is missing or broken, as sentences. */
  readonly problems: readonly string[];
}

/** Looks at the public keys of a folder. It never fails: what cannot be read is among the problems. */
export async function readPublicSigningKeys(folder: string): Promise<PublicSigningKeys> {
  const problems: string[] = [];
  const read = async <T>(name: string, parse: (text: string) => Promise<T> | T) => {
    const file = join(folder, name);
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      problems.push(`The signing key ${file} cannot be read (${error.code}).`);
    });
    if (text === undefined) return undefined;
    if (text.includes('PRIVATE KEY')) {
      problems.push(
        `${file} holds a private key, and its folder is served to everyone: take it out, and make new keys.`,
      );
      return undefined;
    }
    try {
      return await parse(text);
    } catch {
      problems.push(`The file ${file} holds no public key.`);
      return undefined;
    }
  };
  const gpg = (await read('lts.asc', readGpgKeys)) ?? [];
  const cosign = await read('cosign.pub', (pem) => createPublicKey(pem));
  return {
    gpg,
    cosign: cosign !== undefined,
    development: gpg.some(({ userIds }) => userIds.some((id) => id.includes(DEVELOPMENT_COMMENT))),
    problems,
  };
}

async function readGpgKeys(armoredKeys: string): Promise<PublicGpgKey[]> {
  return Promise.all((await readKeys({ armoredKeys })).map(describe));
}

async function describe(key: Key): Promise<PublicGpgKey> {
  const expiry = await key.getExpirationTime();
  return {
    fingerprint: key.getFingerprint().toUpperCase(),
    userIds: key.getUserIDs(),
    expiresAt: expiry instanceof Date ? expiry : null,
  };
}
