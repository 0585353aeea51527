import {
  createCleartextMessage,
  createMessage,
  enums,
  generateKey,
  type PrivateKey,
  readSignature,
  revokeKey,
  sign,
} from 'openpgp';
import { PrimaryKeys } from './primary-keys.js';

const content = Buffer.from('<repomd/>\n');
const now = new Date('2026-11-24T12:00:00Z');
const config = { nonDeterministicSignaturesViaNotation: false };

async function newKey(options: { keyExpirationTime?: number } = {}): Promise<PrivateKey> {
  const { privateKey } = await generateKey({
    ...options,
    type: 'ecc',
    curve: 'nistP256',
    userIDs: { name: 'LTS' },
    subkeys: [{ sign: true }],
    date: new Date('2026-01-01T00:00:00Z'),
    format: 'object',
    config,
  });
  return privateKey;
}

async function signatureOf(
  key: PrivateKey,
  { date = now, bySubkey = false, preferredHashAlgorithm = enums.hash.sha256 } = {},
): Promise<string> {
  return sign({
    message: await createMessage({ binary: content }),
    signingKeys: key,
    signingKeyIDs: [bySubkey ? key.getSubkeys()[0]!.getKeyID() : key.getKeyID()],
    detached: true,
    date,
    config: { ...config, preferredHashAlgorithm },
  }) as Promise<string>;
}

const keysOf = (...keys: PrivateKey[]) =>
  PrimaryKeys.parse(keys.map((key) => key.toPublic().armor()).join('\n'));

describe('PrimaryKeys', () => {
  let key: PrivateKey;
  let other: PrivateKey;
  let keys: PrimaryKeys;

  beforeAll(async () => {
    [key, other] = await Promise.all([newKey(), newKey()]);
    keys = await keysOf(key);
  });

  const refusalOf = (signature: string, bytes = content, by = keys) =>
    by.checkDetached(bytes, signature, now).then(
      () => 'accepted',
      ({ name, message }: Error) => `${name}: ${message}`,
    );

  it('accepts a signature by the primary key', async () => {
    await keys.checkDetached(content, await signatureOf(key), now);
  });

  it('accepts one of a clock that is four minutes ahead', async () => {
    const date = new Date(now.getTime() + 4 * 60_000);
    await keys.checkDetached(content, await signatureOf(key, { date }), now);
  });

  it('refuses one of the future', async () => {
    const date = new Date(now.getTime() + 6 * 60_000);
    expect(await refusalOf(await signatureOf(key, { date }))).toContain('dated in the future');
  });

  it('refuses one by the subkey, and says how to sign instead', async () => {
    const refusal = await refusalOf(await signatureOf(key, { bySubkey: true }));
    expect(refusal).toMatch(/^SignatureProblem: .*by the subkey/);
    expect(refusal).toContain(`"${key.getFingerprint().toUpperCase()}!"`);
  });

  it('refuses one by another key, and names both', async () => {
    const refusal = await refusalOf(await signatureOf(other));
    expect(refusal).toContain(`by the key ${other.getFingerprint().toUpperCase()}`);
    expect(refusal).toContain(`should be by ${key.getFingerprint().toUpperCase()}`);
  });

  it('accepts either of two keys: an old one and its successor', async () => {
    const both = await keysOf(key, other);
    await both.checkDetached(content, await signatureOf(key), now);
    await both.checkDetached(content, await signatureOf(other), now);
  });

  it('refuses one over something else', async () => {
    const refusal = await refusalOf(await signatureOf(key), Buffer.from('<repomd />\n'));
    expect(refusal).toContain('not over what was to be signed');
  });

  it('refuses an expired key', async () => {
    const brief = await newKey({ keyExpirationTime: 3600 });
    const date = new Date('2026-01-01T00:10:00Z');
    const refusal = await refusalOf(
      await signatureOf(brief, { date }),
      content,
      await keysOf(brief),
    );
    expect(refusal).toContain('has expired');
  });

  it('refuses a revoked key', async () => {
    const signature = await signatureOf(key);
    const { publicKey } = await revokeKey({
      key,
      reasonForRevocation: { flag: enums.reasonForRevocation.keyCompromised },
      date: new Date('2026-02-01T00:00:00Z'),
    });
    const revoked = await PrimaryKeys.parse(publicKey);
    expect(await refusalOf(signature, content, revoked)).toContain('revoked');
  });

  it('refuses two signatures at once', async () => {
    const message = await createMessage({ binary: content });
    const two = await sign({ message, signingKeys: [key, other], detached: true, date: now });
    expect(await refusalOf(two as string)).toContain('2 signatures');
  });

  it('refuses a signature over text, which line ends do not change', async () => {
    const message = await createMessage({ text: content.toString() });
    const signed = await sign({ message, signingKeys: key, detached: true, date: now });
    expect(await refusalOf(signed as string)).toContain('not a signature over a file');
  });

  it('refuses what is no signature', async () => {
    expect(await refusalOf('-----BEGIN PGP SIGNATURE-----\n\nAAAA\n')).toContain('cannot be read');
    expect(await refusalOf('')).toContain('cannot be read');
    await expect(keys.checkIssuer(Buffer.from('AAAA'), now)).rejects.toThrow(/It c/);
  });

  describe('of a cleartext-signed file', () => {
    const text = 'Origin: LTS\nSHA256:\n abc 1 main/x\n';
    const clearsign = async (by: PrivateKey, content = text, bySubkey = false) => {
      const signed = await sign({
        message: await createCleartextMessage({ text: content.replace(/\n$/, '') }),
        signingKeys: by,
        signingKeyIDs: [bySubkey ? by.getSubkeys()[0]!.getKeyID() : by.getKeyID()],
        date: now,
        config: { ...config, preferredHashAlgorithm: enums.hash.sha256 },
      });
      return Buffer.from(signed.replaceAll('\r\n', '\n')); // gpg keeps the line ends of the file
    };
    const edited = (file: Buffer, from: string | RegExp, to: string) =>
      Buffer.from(file.toString().replace(from, to));
    let file: Buffer;

    beforeAll(async () => {
      file = await clearsign(key);
    });

    it('answers what is signed', async () => {
      expect((await keys.checkClearsigned(file, now)).toString()).toBe(text);
    });

    it.each([
      ['another key', () => clearsign(other), 'should be by'],
      ['the subkey', () => clearsign(key, text, true), 'by the subkey'],
      ['another text', () => edited(file, 'LTS', 'lts'), 'not over what was to be signed'],
      ['a line more', () => edited(file, ' abc', ' abd\n abc'), 'not over what was to be'],
      ['a line that goes unsigned', () => edited(file, 'LTS', 'LTS '), 'nothing else'],
      ['a carriage return', () => edited(file, 'LTS', 'LTS\r'), 'nothing else'],
      ['text before it', () => edited(file, /^/, 'Origin: me\n'), 'nothing else'],
      ['text after it', () => edited(file, /$/, 'Origin: me\n'), 'nothing else'],
      ['text as a header', () => edited(file, /\nHash: /, '\nOrigin: me\nHash: '), 'nothing else'],
      ['two of it', () => Buffer.concat([file, file]), 'nothing else'],
      ['no signature', () => Buffer.from(text), 'nothing else'],
    ])('refuses %s', async (_, make, words) => {
      await expect(keys.checkClearsigned(await make(), now)).rejects.toThrow(words);
    });

    it('refuses a signature over a file in its place', async () => {
      const detached = await signatureOf(key);
      const swapped = edited(file, /-----BEGIN PGP SIGNATURE[^]*/, detached);
      await expect(keys.checkClearsigned(swapped, now)).rejects.toThrow(
        'not a signature over a text',
      );
    });
  });

  it('reads who made a bare signature packet', async () => {
    const packet = async (by: PrivateKey) =>
      (await readSignature({ armoredSignature: await signatureOf(by) })).write() as Uint8Array;
    await keys.checkIssuer(await packet(key), now);
    await expect(keys.checkIssuer(await packet(other), now)).rejects.toThrow('should be by');
  });

  it('needs a public key', async () => {
    await expect(PrimaryKeys.parse('nothing')).rejects.toThrow('no public key');
  });
});
