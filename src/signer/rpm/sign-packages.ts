import { readSignature, type SignaturePacket } from 'openpgp';
import { runTool } from '../../promotion/tools/run-tool.js';
import { SigningRefused } from '../signing-refused.js';

export interface PackageKey {
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
 * Signs packages with the real rpmsign, and reads the signatures out of them.
 *
 * @param folder of our own copies, which are signed in place
 * @returns of each the OpenPGP signature packet over its header
 * @throws SigningRefused where the signature is not by the key itself
 * @throws DomainError TOOL_FAILED where rpmsign or gpg fails: a wrong passphrase, no such key
 */
export async function signPackages(
  folder: string,
  names: readonly string[],
  { gnupgHome, fingerprint, passphraseFile }: PackageKey,
): Promise<Buffer[]> {
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
  const files = names.map((name) => `./${name}`);
  const here = { home: gnupgHome, cwd: folder };
  const env = { GNUPGHOME: gnupgHome };
  await runTool('rpmsign', ['--addsign', ...options, ...files], { ...here, env });

  const queryFormat = '%{rsaheader}\\t%{dsaheader}\\n';
  const query = ['-qp', '--nomanifest', '--nosignature', '--queryformat', queryFormat, ...files];
  const { stdout } = await runTool('rpm', query, here);
  const lines = stdout.toString('utf8').split('\n').slice(0, -1);
  if (lines.length !== names.length)
    throw new Error(`rpm answers for ${lines.length} of ${names.length} packages`);
  return Promise.all(lines.map((line, i) => signatureIn(line, names[i]!, fingerprint)));
}

async function signatureIn(line: string, name: string, fingerprint: string): Promise<Buffer> {
  const [found, ...more] = line.match(/\b[0-9a-f]+\b/g) ?? [];
  if (found === undefined || more.length > 0) {
    const count = found === undefined ? 0 : more.length + 1;
    throw new SigningRefused(`${name} has ${count} signatures after signing.`);
  }
  const signature = Buffer.from(found, 'hex');
  await requireIssuer(signature, fingerprint, name);
  return signature;
}

async function requireIssuer(signature: Buffer, fingerprint: string, name: string): Promise<void> {
  const { packets } = await readSignature({ binarySignature: signature });
  const { issuerFingerprint } = packets[0] as unknown as SignaturePacket;
  const issuer = Buffer.from(issuerFingerprint ?? []).toString('hex');
  if (issuer === fingerprint.toLowerCase()) return;
  throw new SigningRefused(
    `gpg has signed ${name} with the key ${issuer} instead of ${fingerprint}.`,
  );
}
