import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ensureDevelopmentKeys } from '../../src/signing/development-keys.js';
import { mustRun, run } from '../clients/support/run.js';
import { SigningKey } from '../clients/support/signing-key.js';
import { RpmWorkbench, signInPlace } from './support/rpm-workbench.js';

describe('The signature of an RPM', () => {
  let bench: RpmWorkbench;
  let other: SigningKey;
  let expired: SigningKey;
  let staged: string;

  beforeAll(async () => {
    bench = await RpmWorkbench.create();
    other = await SigningKey.create(join(bench.folder, 'other'));
    expired = await SigningKey.create(join(bench.folder, 'expired'), { expired: true });
    staged = await bench.build({ name: 'acme' });
  }, 120_000);
  afterAll(async () => {
    await Promise.all([other.close(), expired.close()]);
    await bench.close();
  });

  async function copyOf(file: string): Promise<string> {
    const copy = join(await bench.newFolder(), basename(file));
    await copyFile(file, copy);
    return copy;
  }

  /** The package as this key signs it, and the signature that is in it. */
  async function signedBy(key: SigningKey, file = staged, fingerprint = key.fingerprint) {
    const own = await copyOf(file);
    await key.signRpms([own], fingerprint);
    const hex = await mustRun('rpm', ['-qp', '--nosignature', '--qf', '%{rsaheader}', own]);
    return { own, signature: Buffer.from(hex, 'hex') };
  }

  async function apply(signature: Buffer, file = staged, publicKeyFile = bench.publicKeyFile) {
    const signed = join(await bench.newFolder(), 'signed.rpm');
    await bench.builder.packageSignature.apply(file, signature, signed, publicKeyFile);
    return signed;
  }

  async function refusal(signature: Buffer, file = staged, publicKeyFile?: string) {
    const { code, message } = await apply(signature, file, publicKeyFile).then(
      () => ({ code: 'accepted', message: '' }),
      (error: { code: string; message: string }) => error,
    );
    return `${code}: ${message}`;
  }

  it('makes of the staged file the very file that the signer has', async () => {
    const { own, signature } = await signedBy(bench.key);
    const signed = await apply(signature);
    expect(await readFile(signed)).toEqual(await readFile(own));
    expect(await readFile(signed)).not.toEqual(await readFile(staged));
  });

  it('is read out by the signer of what it has signed', async () => {
    const own = await copyOf(staged);
    const signature = await signInPlace(own, {
      gnupgHome: bench.key.home,
      fingerprint: bench.key.fingerprint,
      passphraseFile: bench.key.passphraseFile,
    });
    expect(await readFile(await apply(signature))).toEqual(await readFile(own));
  });

  it('is made with the development keys as well', async () => {
    const keys = await ensureDevelopmentKeys(join(bench.folder, 'development-keys'));
    const gnupgHome = await bench.newFolder();
    const { gpgPassphraseFile: passphraseFile, gpgFingerprint: fingerprint } = keys;
    const unattended = ['--batch', '--pinentry-mode', 'loopback', '--passphrase-file'];
    await mustRun('gpg', [...unattended, passphraseFile, '--import', keys.gpgPrivateKeyFile], {
      env: { GNUPGHOME: gnupgHome },
    });
    const file = await copyOf(staged);
    const signature = await signInPlace(file, { gnupgHome, fingerprint, passphraseFile });
    await mustRun('gpgconf', ['--homedir', gnupgHome, '--kill', 'all']);
    const signed = await apply(signature, staged, join(keys.publicFolder, 'lts.asc'));
    expect(await readFile(signed)).toEqual(await readFile(file));
  });

  it('replaces one that somebody else has made', async () => {
    const foreign = await signedBy(other);
    const { own, signature } = await signedBy(bench.key, foreign.own);
    const signed = await apply(signature, foreign.own);
    expect(await readFile(signed)).toEqual(await readFile(own));
    // With the package as it was before, it makes the same file.
    expect(await readFile(await apply(signature))).toEqual(await readFile(own));
  });

  it('is put in again where it is already', async () => {
    const { own, signature } = await signedBy(bench.key);
    expect(await readFile(await apply(signature, own))).toEqual(await readFile(own));
  });

  it('leaves the staged file alone, and nothing but the signed one', async () => {
    const before = await stat(staged);
    const { signature } = await signedBy(bench.key);
    const folder = await bench.newFolder();
    const signed = join(folder, 'signed.rpm');
    await bench.builder.packageSignature.apply(staged, signature, signed, bench.publicKeyFile);
    expect(await readdir(folder)).toEqual(['signed.rpm']);
    expect((await stat(staged)).mtimeMs).toBe(before.mtimeMs);
  });

  it('is refused by another key, which it names', async () => {
    const { signature } = await signedBy(other);
    expect(await refusal(signature)).toMatch(
      new RegExp(`^SIGNATURE_REFUSED: .*by the key ${other.fingerprint}`),
    );
  });

  it('is refused by the subkey, although rpm would take it', async () => {
    const { own, signature } = await signedBy(bench.key, staged, bench.key.subkeyFingerprint);
    expect(await refusal(signature)).toContain(`sign with the key itself`);

    const database = await bench.newFolder();
    await mustRun('rpmkeys', ['--dbpath', database, '--import', bench.publicKeyFile]);
    const { stdout } = await run('rpmkeys', ['--dbpath', database, '--checksig', own]);
    expect(stdout).toContain('digests signatures OK');
  });

  it('is refused by a key that has expired', async () => {
    const publicKeyFile = join(bench.folder, 'expired.asc');
    await writeFile(publicKeyFile, await expired.publicKey());
    const { signature } = await signedBy(expired);
    expect(await refusal(signature, staged, publicKeyFile)).toContain('which has expired');
  });

  it('is refused over another package', async () => {
    const { signature } = await signedBy(bench.key, await bench.build({ name: 'minion' }));
    expect(await refusal(signature)).toMatch(/^SIGNATURE_REFUSED: .*not over this package/);
  });

  it('is refused over the same package of another build', async () => {
    const { signature } = await signedBy(
      bench.key,
      await bench.build({ name: 'acme', summary: 'Another build' }),
    );
    expect(await refusal(signature)).toContain('not over this package');
  });

  it('is refused where the payload is another', async () => {
    const { signature } = await signedBy(bench.key);
    const changed = await copyOf(staged);
    const bytes = await readFile(changed);
    bytes.writeUInt32BE(0, bytes.length - 20);
    await writeFile(changed, bytes);
    expect(await refusal(signature, changed)).toContain('corrupt package');
  });

  it('is refused where it is none', async () => {
    const { signature } = await signedBy(bench.key);
    const wrong = [
      Buffer.alloc(0),
      Buffer.from('-----BEGIN PGP SIGNATURE-----'),
      signature.subarray(0, 100),
      Buffer.concat([signature, signature]),
    ];
    for (const bytes of wrong) expect(await refusal(bytes)).toMatch(/^SIGNATURE_REFUSED/);
  });

  it('is not made with a wrong passphrase, which is told nobody', async () => {
    const passphraseFile = join(bench.key.home, 'wrong');
    await writeFile(passphraseFile, 'wrong-passphrase');
    // What was entered before is remembered by the agent.
    await bench.key.close();
    const file = await copyOf(staged);
    const { home: gnupgHome, fingerprint } = bench.key;
    const error = await signInPlace(file, { gnupgHome, fingerprint, passphraseFile }).catch(
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({ code: 'TOOL_FAILED' });
    expect(String(error)).not.toContain('wrong-passphrase');
    expect(await readFile(file)).toEqual(await readFile(staged));
  });
});
