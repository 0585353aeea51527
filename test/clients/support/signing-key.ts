import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from './run.js';

/** A GPG key made as section 4.1 of the deployment document says, in a home of its own. */
export class SigningKey {
  private constructor(
    readonly home: string,
    readonly passphraseFile: string,
    /** Of the primary key. */
    readonly fingerprint: string,
    readonly subkeyFingerprint: string,
    private readonly clock: string[],
  ) {}

  /** @param expired made in 2020 for a day, and used as if it still were that day */
  static async create(folder: string, { expired = false } = {}): Promise<SigningKey> {
    const home = join(folder, 'gnupg');
    await mkdir(home, { mode: 0o700, recursive: true });
    await chmod(home, 0o700);
    const passphrase = randomBytes(16).toString('hex');
    const passphraseFile = join(home, 'passphrase');
    await writeFile(passphraseFile, passphrase, { mode: 0o600 });
    // Stretching a passphrase that lies beside its key takes a core half a second for each signature.
    await writeFile(join(home, 'gpg-agent.conf'), 's2k-count 65536\n');

    const parameters = `
      %echo Generating LTS signing key
      Key-Type: RSA
      Key-Length: 4096
      Subkey-Type: RSA
      Subkey-Length: 4096
      Name-Real: LTS
      Name-Comment: Package Signing Key
      Name-Email: lts-signing@example.org
      Expire-Date: ${expired ? '1d' : '0'}
      Passphrase: ${passphrase}
      %commit
      %echo Done
    `.replace(/^ +/gm, '');
    const env = { GNUPGHOME: home };
    const clock = expired ? ['--faked-system-time', '20200101T120000'] : [];
    await mustRun('gpg', [...clock, '--batch', '--gen-key'], { env, input: parameters });
    const listing = await mustRun('gpg', ['--batch', '--list-keys', '--with-colons'], { env });
    const fingerprints = [...listing.matchAll(/^fpr:+([0-9A-F]{40}):/gm)].map((match) => match[1]!);
    const [primary, subkey] = fingerprints;
    if (!primary || !subkey) throw new Error(`no two fingerprints in\n${listing}`);
    return new SigningKey(home, passphraseFile, primary, subkey, clock);
  }

  /** The armored public half: `/gpg/lts.asc`. */
  publicKey(): Promise<string> {
    return mustRun('gpg', ['--armor', '--export', this.fingerprint], { env: this.env });
  }

  /** Signs RPM files in place, with the primary key unless told otherwise. */
  async signRpms(files: string[], fingerprint = this.fingerprint): Promise<void> {
    const clock = this.clock.join(' ');
    const unattended = `${clock} --batch --pinentry-mode loopback --passphrase-file ${this.passphraseFile}`;
    const macros = {
      __gpg: '/usr/bin/gpg',
      _gpg_name: `${fingerprint}!`,
      _gpg_digest_algo: 'sha256',
      _gpg_sign_cmd_extra_args: unattended,
    };
    const defines = Object.entries(macros).flatMap(([name, value]) => [
      '--define',
      `${name} ${value}`,
    ]);
    await mustRun('rpmsign', ['--addsign', ...defines, ...files], { env: this.env });
  }

  /** `repomd.xml.asc`, `Release.gpg`. */
  signDetached(file: string, signature: string): Promise<string> {
    return this.sign(['--armor', '--detach-sign', '--output', signature, file]);
  }

  /** `InRelease`. */
  signInline(file: string, signed: string): Promise<string> {
    return this.sign(['--clearsign', '--output', signed, file]);
  }

  /** The secrets of the deployment document, as CI has them in its environment. */
  async secrets() {
    const passphrase = await readFile(this.passphraseFile, 'utf8');
    const unattended = ['--batch', '--pinentry-mode', 'loopback', '--passphrase-file'];
    const exporting = [...unattended, this.passphraseFile, '--armor', '--export-secret-keys'];
    return {
      GPG_PRIVATE_KEY: await mustRun('gpg', [...exporting, this.fingerprint], { env: this.env }),
      GPG_KEY_ID: this.fingerprint,
      GPG_PASSPHRASE: passphrase,
    };
  }

  /** Ends the agent that gpg left running for this home. */
  async close(): Promise<void> {
    await mustRun('gpgconf', ['--homedir', this.home, '--kill', 'all']);
  }

  private sign(args: string[]): Promise<string> {
    const unattended = ['--pinentry-mode', 'loopback', '--passphrase-file', this.passphraseFile];
    const options = [
      ...this.clock,
      '--batch',
      '--yes',
      ...unattended,
      '--local-user',
      this.exactKey,
    ];
    return mustRun('gpg', [...options, ...args], { env: this.env });
  }

  /** With `!`, or gpg prefers the subkey, whose signature on metadata some dnf versions refuse. */
  private get exactKey(): string {
    return `${this.fingerprint}!`;
  }

  private get env() {
    return { GNUPGHOME: this.home, HOME: this.home };
  }
}
