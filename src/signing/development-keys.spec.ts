import { createPublicKey, sign, verify } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as openpgp from 'openpgp';
import { StartError } from '../common/start-error.js';
import { openCosignKey } from './cosign-key.js';
import { type DevelopmentKeys, ensureDevelopmentKeys } from './development-keys.js';

describe('ensureDevelopmentKeys', () => {
  let dataDir: string;
  let keys: DevelopmentKeys;
  const told: string[] = [];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'development-keys-'));
    keys = await ensureDevelopmentKeys(join(dataDir, 'keys'), (message) => told.push(message));
  });

  afterAll(() => rm(dataDir, { recursive: true }));

  const publicKey = async () =>
    openpgp.readKey({ armoredKey: await readFile(join(keys.publicFolder, 'lts.asc'), 'utf8') });

  const privateKey = async () =>
    openpgp.decryptKey({
      privateKey: await openpgp.readPrivateKey({
        armoredKey: await readFile(keys.gpgPrivateKeyFile, 'utf8'),
      }),
      passphrase: await readFile(keys.gpgPassphraseFile, 'utf8'),
    });

  it('says what it makes and what that is not for', () => {
    expect(told.join('\n')).toMatch(/Making development signing keys.*\n.*not for subscribers/);
  });

  it('makes a GPG key as the operator document does, and marks it as no real one', async () => {
    const key = await publicKey();

    expect(key.getUserIDs()).toEqual([
      'LTS (DEVELOPMENT Package Signing Key) <lts-signing@localhost>',
    ]);
    expect(key.getAlgorithmInfo()).toEqual({ algorithm: 'rsaEncryptSign', bits: 4096 });
    expect(key.subkeys.map((subkey) => subkey.getAlgorithmInfo())).toEqual([
      { algorithm: 'rsaEncryptSign', bits: 4096 },
    ]);
    expect(await key.getExpirationTime()).toBe(Infinity);
    expect(key.getFingerprint().toUpperCase()).toBe(keys.gpgFingerprint);
    expect(keys.gpgFingerprint).toMatch(/^[0-9A-F]{40}$/);
  });

  it('signs with the primary key, and the public half verifies it', async () => {
    const message = await openpgp.createMessage({ text: 'Origin: Packyard' });
    const armoredSignature = await openpgp.sign({
      message,
      signingKeys: await privateKey(),
      detached: true,
    });

    const { signatures } = await openpgp.verify({
      message,
      signature: await openpgp.readSignature({ armoredSignature }),
      verificationKeys: await publicKey(),
    });

    expect(signatures[0]!.keyID.toHex().toUpperCase()).toBe(keys.gpgFingerprint.slice(-16));
    await expect(signatures[0]!.verified).resolves.toBe(true);
  });

  it('has no subkey that signs: rpm 4.18 does not import the binding that OpenPGP.js gives one', async () => {
    const [binding] = (await publicKey()).subkeys[0]!.bindingSignatures;

    expect(binding!.embeddedSignature).toBeNull();
    expect(binding!.keyFlags![0]! & openpgp.enums.keyFlags.signData).toBe(0);
  });

  it('does not open the private key with another passphrase', async () => {
    const locked = await openpgp.readPrivateKey({
      armoredKey: await readFile(keys.gpgPrivateKeyFile, 'utf8'),
    });

    expect(locked.isDecrypted()).toBe(false);
    await expect(
      openpgp.decryptKey({ privateKey: locked, passphrase: 'guessed' }),
    ).rejects.toThrow();
  });

  it('makes a cosign key pair on P-256', async () => {
    const password = await readFile(keys.cosignPasswordFile, 'utf8');
    const key = await openCosignKey(await readFile(keys.cosignKeyFile, 'utf8'), password);
    const pem = await readFile(join(keys.publicFolder, 'cosign.pub'), 'utf8');

    expect(pem).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(createPublicKey(pem).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(verify('sha256', Buffer.from('x'), pem, sign('sha256', Buffer.from('x'), key))).toBe(
      true,
    );
  });

  it('keeps what is private to itself, and its public folder free of it', async () => {
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

    expect(await modeOf(join(dataDir, 'keys'))).toBe('700');
    expect(
      await Promise.all(
        [
          keys.gpgPrivateKeyFile,
          keys.gpgPassphraseFile,
          keys.cosignKeyFile,
          keys.cosignPasswordFile,
        ].map(modeOf),
      ),
    ).toEqual(['600', '600', '600', '600']);
    expect((await readdir(keys.publicFolder)).sort()).toEqual(['cosign.pub', 'lts.asc']);
    expect(await readFile(keys.gpgPassphraseFile, 'utf8')).toMatch(/^[\w-]{43}$/);
    expect(await readFile(keys.cosignPasswordFile, 'utf8')).not.toBe(
      await readFile(keys.gpgPassphraseFile, 'utf8'),
    );
  });

  it('finds them again instead of making others, and says nothing', async () => {
    const saidAgain: string[] = [];

    expect(
      await ensureDevelopmentKeys(join(dataDir, 'keys'), (line) => saidAgain.push(line)),
    ).toEqual(keys);
    expect(saidAgain).toEqual([]);
  });

  it('gives two that start at once the same keys, and leaves nothing beside them', async () => {
    const folder = join(dataDir, 'at-once');
    await mkdir(folder);

    const [one, other] = await Promise.all([
      ensureDevelopmentKeys(folder),
      ensureDevelopmentKeys(folder),
    ]);

    expect(one.gpgFingerprint).toBe(other.gpgFingerprint);
    expect((await readdir(dataDir)).sort()).toEqual(['at-once', 'keys']);
  });

  it.each(['public/lts.asc', 'cosign-password'])('refuses to go on without %s', async (name) => {
    const folder = join(dataDir, 'incomplete');
    await mkdir(join(folder, 'public'), { recursive: true });
    for (const file of [
      'public/lts.asc',
      'public/cosign.pub',
      'gpg-private-key.asc',
      'gpg-passphrase',
      'cosign.key',
      'cosign-password',
    ]) {
      if (file !== name)
        await writeFile(join(folder, file), await readFile(join(dataDir, 'keys', file)));
    }

    const failure = ensureDevelopmentKeys(folder);

    await expect(failure).rejects.toThrow(StartError);
    await expect(failure).rejects.toThrow(name);
    await rm(folder, { recursive: true });
  });
});
