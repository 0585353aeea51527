import { basename, dirname } from 'node:path';
import { readSignature, type SignaturePacket } from 'openpgp';
import { runTool } from '../../promotion/run-tool.js';
import { SigningRefused } from '../signing-refused.js';

export interface PackageSigning {
  /** Our own copy, absolute; it is signed in place. */
  readonly file: string;
  /** With the private key in it, and nowhere but on a tmpfs. */
  readonly gnupgHome: string;
  /** Of the primary key, 40 hex digits: `GPG_KEY_ID`. */
  readonly fingerprint: string;
  /** Holds the passphrase and nothing else; beside the key. */
  readonly passphraseFile: string;
}

/** Paths that rpm's macros and its splitting into words leave as they are. */
const plainPath = /^[A-Za-z0-9/._-]+$/;

/**
 * Signs a package with the real rpmsign, and reads the signature out of it.
 *
 * @returns the OpenPGP signature packet over its header
 * @throws SigningRefused where the signature is not by the key itself
 * @throws DomainError TOOL_FAILED where rpmsign or gpg fails: a wrong passphrase, no such key
 */
export async function signPackage(signing: PackageSigning): Promise<Buffer> {
  const { file, gnupgHome, fingerprint, passphraseFile } = signing;
  if (!plainPath.test(passphraseFile)) {
    throw new Error(`The folder of ${passphraseFile} needs a name of plain characters`);
  }
  const defines = {
    __gpg: '/usr/bin/gpg', // Debian's rpm looks for gpg2
    _gpg_name: `${fingerprint}!`, // or gpg prefers the subkey
    _gpg_digest_algo: 'sha256',
    _gpg_sign_cmd_extra_args: `--batch --pinentry-mode loopback --passphrase-file ${passphraseFile}`,
  };
  const options = Object.entries(defines).flatMap(([name, value]) => [
    '--define',
    `${name} ${value}`,
  ]);
  // Relative: rpm takes a name with a colon for a URL, and expands `*`.
  const here = { home: gnupgHome, cwd: dirname(file) };
  const name = `./${basename(file)}`;
  const env = { GNUPGHOME: gnupgHome };
  await runTool('rpmsign', ['--addsign', ...options, name], { ...here, env });

  const queryFormat = '%{rsaheader}\\n%{dsaheader}\\n';
  const query = ['-qp', '--nomanifest', '--nosignature', '--queryformat', queryFormat, name];
  const { stdout } = await runTool('rpm', query, here);
  const signatures = stdout.toString('utf8').match(/^[0-9a-f]+$/gm) ?? [];
  if (signatures.length !== 1) {
    throw new SigningRefused(
      `${basename(file)} has ${signatures.length} signatures after signing.`,
    );
  }
  const signature = Buffer.from(signatures[0], 'hex');
  await requireIssuer(signature, fingerprint, file);
  return signature;
}

async function requireIssuer(signature: Buffer, fingerprint: string, file: string): Promise<void> {
  const { packets } = await readSignature({ binarySignature: signature });
  const { issuerFingerprint } = packets[0] as unknown as SignaturePacket;
  const issuer = Buffer.from(issuerFingerprint ?? []).toString('hex');
  if (issuer === fingerprint.toLowerCase()) return;
  throw new SigningRefused(
    `gpg has signed ${basename(file)} with the key ${issuer} instead of ${fingerprint}.`,
  );
}
