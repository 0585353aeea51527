import { readFile } from 'node:fs/promises';
import {
  createMessage,
  enums,
  type Message,
  type PublicKey,
  readKeys,
  readSignature,
  type Signature,
  type SignaturePacket,
  verify,
} from 'openpgp';

/** Why a signature does not count, in words. */
export class SignatureProblem extends Error {
  override readonly name = 'SignatureProblem';
}

/** What clocks of two machines may differ by, in milliseconds. */
const clockTolerance = 5 * 60_000;

const armoredKeys = /-----BEGIN PGP PUBLIC KEY BLOCK-----[^]*?-----END PGP PUBLIC KEY BLOCK-----/g;

/** RFC 9580, 7: one message, its text and its signature. */
const clearsigned =
  /^-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash: [A-Z0-9]+\n)*\n([^]*?)\n(-----BEGIN PGP SIGNATURE-----\n(?:(?!-----)[^\n]*\n)*-----END PGP SIGNATURE-----)\n$/;

/** SHA-1 and older no longer vouch for anything: Enterprise Linux 9 refuses them too. */
const acceptedHashes = [
  enums.hash.sha256,
  enums.hash.sha384,
  enums.hash.sha512,
] as readonly number[];

/**
 * The public keys of `lts.asc`. A signature counts when it is by the primary key of one of them that is neither
 * expired nor revoked. One by a subkey does not, although the operator's key has one that can sign: dnf 5 has
 * failed on metadata signed so.
 */
export class PrimaryKeys {
  private constructor(private readonly keys: readonly PublicKey[]) {}

  /**
   * @param armored one block, or several one after the other
   * @throws SignatureProblem where it holds no public key
   */
  static async parse(armored: string): Promise<PrimaryKeys> {
    const blocks = armored.match(armoredKeys) ?? [];
    if (blocks.length === 0) throw new SignatureProblem('There is no public key to check it with.');
    const keys = await Promise.all(blocks.map((armoredKeys) => readKeys({ armoredKeys }))).catch(
      (error: Error) => {
        throw new SignatureProblem(`The public key cannot be read: ${error.message}`);
      },
    );
    return new PrimaryKeys(keys.flat());
  }

  static async read(file: string): Promise<PrimaryKeys> {
    return PrimaryKeys.parse(await readFile(file, 'utf8'));
  }

  /**
   * Whether the one who claims to have made a signature may. Whether it is theirs, and over what, is not looked at.
   * @param signature one binary OpenPGP signature packet
   * @throws SignatureProblem
   */
  async checkIssuer(signature: Uint8Array, now = new Date()): Promise<void> {
    const read = readSignature({ binarySignature: signature });
    await this.issuerOf(await read.catch(unreadable), now);
  }

  /**
   * Checks a detached signature over these bytes.
   * @param signature ASCII-armoured, or one binary OpenPGP signature packet
   * @throws SignatureProblem
   */
  async checkDetached(
    signed: Uint8Array,
    signature: string | Uint8Array,
    now = new Date(),
  ): Promise<void> {
    const message = await createMessage({ binary: signed });
    await this.check(message, signature, enums.signature.binary, now);
  }

  /**
   * Checks a cleartext-signed file, `InRelease` for one.
   * @returns what is signed, with the end of its last line, which is not
   * @throws SignatureProblem, also where there is anything before, between or after, or a line that the cleartext
   *   form changes (one that starts with a hyphen or ends with white space): programs differ in how they read those
   */
  async checkClearsigned(signed: Buffer, now = new Date()): Promise<Buffer> {
    const [, text, armored] = clearsigned.exec(signed.toString('latin1')) ?? [];
    if (text === undefined || armored === undefined || /^-|[ \t\r]$/m.test(text)) {
      throw new SignatureProblem('It is not a cleartext-signed file and nothing else.');
    }
    const content = Buffer.from(text, 'latin1');
    const message = await createMessage({ text: content.toString('utf8') });
    await this.check(message, armored, enums.signature.text, now);
    return Buffer.concat([content, Buffer.from('\n')]);
  }

  /**
   * Whether what this key signs would count.
   * @param fingerprint of a primary key, 40 hex digits
   * @throws SignatureProblem where it is none of these, or one that is revoked or expired
   */
  async checkKey(fingerprint: string, now = new Date()): Promise<void> {
    const key = this.keys.find((known) => nameOf(known) === fingerprint.toUpperCase());
    if (!key) throw new SignatureProblem(this.whoseItIs(fingerprint.toUpperCase()));
    await requireUsable(key, now);
  }

  private async check(
    message: Message<Uint8Array | string>,
    given: string | Uint8Array,
    type: enums.signature,
    now: Date,
  ): Promise<void> {
    const reading =
      typeof given === 'string'
        ? readSignature({ armoredSignature: given })
        : readSignature({ binarySignature: given });
    const signature = await reading.catch(unreadable);
    const key = await this.issuerOf(signature, now, type);
    const { signatures } = await verify({
      message,
      signature,
      verificationKeys: key,
      date: new Date(now.getTime() + clockTolerance),
      format: 'binary',
    });
    await signatures[0]!.verified.catch((error: Error) => {
      throw new SignatureProblem(`It is not over what was to be signed: ${error.message}`);
    });
  }

  private async issuerOf(
    signature: Signature,
    now: Date,
    type = enums.signature.binary,
  ): Promise<PublicKey> {
    const packet = onlyPacket(signature, type);
    const issuer = issuerOf(packet);
    const key = this.keys.find((known) => isNamed(known, issuer));
    if (!key) throw new SignatureProblem(this.whoseItIs(issuer));

    const { created } = packet;
    if (!created || created.getTime() > now.getTime() + clockTolerance) {
      throw new SignatureProblem('It is dated in the future: set the clock of the signer.');
    }
    if (packet.isExpired(created > now ? created : now))
      throw new SignatureProblem('It has expired.');
    await requireUsable(key, now);
    return key;
  }

  private whoseItIs(issuer: string): string {
    for (const key of this.keys) {
      if (!key.getSubkeys().some((subkey) => isNamed(subkey, issuer))) continue;
      return (
        `It is by the subkey ${issuer} of the key ${nameOf(key)}: ` +
        `sign with the key itself, named as "${nameOf(key)}!".`
      );
    }
    const known = this.keys.map(nameOf).join(' or ');
    return `It is by the key ${issuer || 'of nobody'}, and should be by ${known}.`;
  }
}

async function requireUsable(key: PublicKey, now: Date): Promise<void> {
  if (await key.isRevoked(undefined, undefined, now)) {
    throw new SignatureProblem(`It is by the key ${nameOf(key)}, which is revoked.`);
  }
  await key.verifyPrimaryKey(now).catch((error: Error) => {
    const why = /expired/i.test(error.message) ? 'has expired' : `is not valid: ${error.message}`;
    throw new SignatureProblem(`It is by the key ${nameOf(key)}, which ${why}.`);
  });
}

function onlyPacket(signature: Signature, type: enums.signature): SignaturePacket {
  const packets = signature.packets as unknown as SignaturePacket[];
  const [packet] = packets;
  if (packets.length !== 1 || !packet) {
    throw new SignatureProblem(`It consists of ${packets.length} signatures, and should be one.`);
  }
  if (packet.signatureType !== type) {
    const signed = type === enums.signature.text ? 'text' : 'file';
    throw new SignatureProblem(`It is not a signature over a ${signed}.`);
  }
  if (!acceptedHashes.includes(packet.hashAlgorithm ?? 0)) {
    throw new SignatureProblem('It uses a hash that clients no longer accept: SHA-256 is needed.');
  }
  return packet;
}

/** The fingerprint that the signature names, or the key id where it names no more; upper-case hex. */
function issuerOf({ issuerFingerprint, issuerKeyID }: SignaturePacket): string {
  const hex = issuerFingerprint
    ? Buffer.from(issuerFingerprint).toString('hex')
    : issuerKeyID.toHex();
  return hex.toUpperCase();
}

function isNamed(key: Pick<PublicKey, 'getFingerprint'>, issuer: string): boolean {
  return issuer.length >= 16 && key.getFingerprint().toUpperCase().endsWith(issuer);
}

function nameOf(key: PublicKey): string {
  return key.getFingerprint().toUpperCase();
}

function unreadable(error: Error): never {
  throw new SignatureProblem(`It cannot be read as an OpenPGP signature: ${error.message}`);
}
