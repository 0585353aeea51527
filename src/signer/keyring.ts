import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runTool } from '../promotion/tools/run-tool.js';
import { type PrimaryKeys, SignatureProblem } from '../signing/primary-keys.js';
import { makePrivateFolder, placeInMemory, type PrivateFolder } from './private-folder.js';
import { checkSigningKey, type SigningKey } from './signing-key.js';
import { SigningRefused } from './signing-refused.js';

/**
 * The agent derives a key from the passphrase anew for each signature, and by itself takes as many rounds as fill a
 * tenth of a second or more. They guard a stolen key file: here the passphrase lies beside it, in memory, so the
 * fewest that gpg takes do.
 */
const AGENT = 'disable-scdaemon\ns2k-count 65536\n';

/**
 * The signing key in a gpg home of its own, in memory, for as long as one promotion takes. gpg reads the key from
 * its standard input and the passphrase from a file beside it: neither is in an argument or an environment.
 */
export class Keyring {
  private constructor(
    private readonly folder: PrivateFolder,
    /** Of the primary key, 40 upper-case hex digits; gpg is told to use it and no subkey, with `!`. */
    readonly fingerprint: string,
    private readonly keys: PrimaryKeys,
  ) {}

  /**
   * @param keys of the signer's own checkout: what it signs has to verify with one of them
   * @throws SigningRefused, DomainError TOOL_MISSING
   */
  static async open(given: SigningKey, keys: PrimaryKeys): Promise<Keyring> {
    const { privateKey, fingerprint, passphrase } = await checkSigningKey(given, keys);
    const folder = await makePrivateFolder(await placeInMemory(), endAgent);
    const keyring = new Keyring(folder, fingerprint, keys);
    try {
      await writeFile(keyring.passphraseFile, passphrase, { mode: 0o600 });
      await writeFile(join(folder.path, 'gpg-agent.conf'), AGENT);
      await keyring.gpg(['--import'], privateKey);
      return keyring;
    } catch (error) {
      await keyring.close();
      throw error;
    }
  }

  /** The gpg home. */
  get home(): string {
    return this.folder.path;
  }

  /** Its one line is the passphrase. */
  get passphraseFile(): string {
    return join(this.home, 'passphrase');
  }

  /** An armoured detached signature: `repomd.xml.asc`, `Release.gpg`. */
  async signDetached(content: Buffer): Promise<Buffer> {
    const signature = await this.sign(['--armor', '--detach-sign'], content);
    await this.requireOwn(() => this.keys.checkDetached(content, signature.toString('latin1')));
    return signature;
  }

  /** The cleartext-signed file: `InRelease`. */
  async signCleartext(content: Buffer): Promise<Buffer> {
    const signed = await this.sign(['--clearsign'], content);
    await this.requireOwn(async () => {
      if ((await this.keys.checkClearsigned(signed)).equals(content)) return;
      throw new SignatureProblem('It is not over what was to be signed.');
    });
    return signed;
  }

  /** Ends the agent, which holds the key too, and removes everything. */
  async close(): Promise<void> {
    await endAgent(this.home);
    await this.folder.remove();
  }

  private sign(how: readonly string[], content: Buffer): Promise<Buffer> {
    const who = ['--local-user', `${this.fingerprint}!`, '--digest-algo', 'SHA256'];
    const unattended = ['--pinentry-mode', 'loopback', '--passphrase-file', this.passphraseFile];
    return this.gpg([...unattended, ...who, '--no-comments', ...how], content);
  }

  private async gpg(args: readonly string[], input: Buffer | string): Promise<Buffer> {
    const { home } = this;
    const { stdout } = await runTool('gpg', ['--batch', '--no-tty', '--quiet', ...args], {
      home,
      env: { GNUPGHOME: home },
      input,
    });
    return stdout;
  }

  /** Nothing leaves this process that a subscriber would not accept. */
  private async requireOwn(check: () => Promise<void>): Promise<void> {
    await check().catch((error: unknown) => {
      if (!(error instanceof SignatureProblem)) throw error;
      throw new SigningRefused(`gpg made a signature that does not count. ${error.message}`);
    });
  }
}

/**
 * Also of a killed process: its agent may still be there, with the key. Not run inside the home, which another signer
 * that starts at this moment may have removed.
 */
async function endAgent(home: string): Promise<void> {
  const acceptedCodes = Array.from({ length: 256 }, (_, code) => code);
  const options = { home, cwd: dirname(home), acceptedCodes };
  await runTool('gpgconf', ['--homedir', home, '--kill', 'all'], options);
  await runTool('gpgconf', ['--homedir', home, '--remove-socketdir'], options);
}
