import { generateKeyPair, randomBytes } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { generateKey, readKey } from 'openpgp';
import { StartError } from '../common/start-error.js';
import { sealCosignKey } from './cosign-key.js';

/** In the user ID of a development key, by which it is known wherever it has got to. */
export const DEVELOPMENT_COMMENT = 'DEVELOPMENT Package Signing Key';

/** Signing keys for trying Packyard out: the private halves lie on this machine, so they vouch for nothing. */
export interface DevelopmentKeys {
  /** Holds `lts.asc` and `cosign.pub` and nothing else: what `/gpg/` serves. */
  readonly publicFolder: string;
  /** ASCII-armoured; its passphrase is the whole content of the file beside it. */
  readonly gpgPrivateKeyFile: string;
  readonly gpgPassphraseFile: string;
  /** Of the primary key, 40 upper-case hex digits: the `GPG_KEY_ID` of the operator's document. */
  readonly gpgFingerprint: string;
  /** In cosign's own format; its password is the whole content of the file beside it. */
  readonly cosignKeyFile: string;
  readonly cosignPasswordFile: string;
}

/**
 * The development keys in a folder, made on the first call: a GPG key with the
 * parameters of the operator's document, and a cosign key pair. Making them takes
 * a few seconds, most of it the search for RSA primes.
 *
 * They appear as a whole: written into a new folder, which is then renamed. Of
 * two processes that make them at once, both get the keys of the first.
 *
 * @throws StartError when the folder holds some of the keys but not all
 */
export async function ensureDevelopmentKeys(
  folder: string,
  onProgress: (message: string) => void = () => {},
): Promise<DevelopmentKeys> {
  if (await isMissingOrEmpty(folder)) {
    onProgress(`Making development signing keys (GPG and cosign) in ${folder}`);
    await makeKeys(folder);
    onProgress(
      'Made development signing keys: they are for trying Packyard out, not for subscribers',
    );
  }
  return readKeys(folder);
}

function filesIn(folder: string) {
  const publicFolder = join(folder, 'public');
  return {
    publicFolder,
    gpgPublicKeyFile: join(publicFolder, 'lts.asc'),
    cosignPublicKeyFile: join(publicFolder, 'cosign.pub'),
    gpgPrivateKeyFile: join(folder, 'gpg-private-key.asc'),
    gpgPassphraseFile: join(folder, 'gpg-passphrase'),
    cosignKeyFile: join(folder, 'cosign.key'),
    cosignPasswordFile: join(folder, 'cosign-password'),
  };
}

async function makeKeys(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.new-`);
  try {
    const files = filesIn(unfinished);
    await mkdir(files.publicFolder);
    await Promise.all([makeGpgKey(files), makeCosignKey(files)]);
    await rename(unfinished, folder);
  } catch (error) {
    // Another process was first: its keys are as good as these.
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function makeGpgKey(files: ReturnType<typeof filesIn>): Promise<void> {
  const passphrase = newPassword();
  const { privateKey, publicKey } = await generateKey({
    type: 'rsa',
    rsaBits: 4096,
    userIDs: {
      name: 'LTS',
      comment: DEVELOPMENT_COMMENT,
      email: 'lts-signing@localhost',
    },
    // The document's subkey may sign too. OpenPGP.js then embeds a signature as critical (RFC 9580,
    // 5.2.3.34), and rpm 4.18 does not import such a key: this one is for encryption, and unused.
    subkeys: [{ sign: false }],
    passphrase,
    config: { nonDeterministicSignaturesViaNotation: false },
  });
  await writePrivate(files.gpgPrivateKeyFile, privateKey);
  await writePrivate(files.gpgPassphraseFile, passphrase);
  await writePublic(files.gpgPublicKeyFile, publicKey);
}

async function makeCosignKey(files: ReturnType<typeof filesIn>): Promise<void> {
  const password = newPassword();
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  await writePrivate(files.cosignKeyFile, await sealCosignKey(privateKey, password));
  await writePrivate(files.cosignPasswordFile, password);
  await writePublic(
    files.cosignPublicKeyFile,
    publicKey.export({ type: 'spki', format: 'pem' }) as string,
  );
}

async function readKeys(folder: string): Promise<DevelopmentKeys> {
  const { gpgPublicKeyFile, cosignPublicKeyFile, ...keys } = filesIn(folder);
  try {
    const needed = [gpgPublicKeyFile, cosignPublicKeyFile, ...Object.values(keys)];
    await Promise.all(needed.map((file) => access(file)));
    const publicKey = await readKey({ armoredKey: await readFile(gpgPublicKeyFile, 'utf8') });
    return { ...keys, gpgFingerprint: publicKey.getFingerprint().toUpperCase() };
  } catch (error) {
    throw new StartError(
      `The development signing keys in ${folder} are not complete: ${(error as Error).message}. ` +
        'Remove the folder, and the next start makes new ones; ' +
        'what the old ones signed will then have to be promoted again.',
    );
  }
}

async function isMissingOrEmpty(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    throw error;
  }
}

/** 256 random bits of letters that no shell and no passphrase file takes apart. */
function newPassword(): string {
  return randomBytes(32).toString('base64url');
}

function writePrivate(file: string, content: string): Promise<void> {
  return writeFile(file, content, { mode: 0o600, flag: 'wx', flush: true });
}

function writePublic(file: string, content: string): Promise<void> {
  return writeFile(file, content, { mode: 0o644, flag: 'wx', flush: true });
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
