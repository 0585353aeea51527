import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Keyring } from '../../src/signer/keyring.js';
import { placeInMemory } from '../../src/signer/private-folder.js';
import type { SigningKey as Secrets } from '../../src/signer/signing-key.js';
import { PrimaryKeys } from '../../src/signing/primary-keys.js';
import { requireTools } from '../clients/support/required-tools.js';
import { mustRun } from '../clients/support/run.js';
import { SigningKey } from '../clients/support/signing-key.js';
import { until } from '../support/until.js';
import { CiRunner, ended } from './support/ci-runner.js';
import { HostileServer } from './support/hostile-server.js';

let folder: string;
let key: SigningKey;
let secrets: Secrets;
let keys: PrimaryKeys;
beforeAll(async () => {
  requireTools();
  folder = await mkdtemp(join(tmpdir(), 'packyard-keyring-'));
  key = await SigningKey.create(folder);
  secrets = await secretsOf(key);
  keys = await PrimaryKeys.parse(await key.publicKey());
}, 60_000);
afterAll(async () => {
  await key.close();
  await rm(folder, { recursive: true });
});

async function secretsOf(of: SigningKey): Promise<Secrets> {
  const { GPG_PRIVATE_KEY, GPG_KEY_ID, GPG_PASSPHRASE } = await of.secrets();
  return { privateKey: GPG_PRIVATE_KEY, fingerprint: GPG_KEY_ID, passphrase: GPG_PASSPHRASE };
}

/** Folders in memory that are of this process. */
const ours = async () =>
  (await readdir('/dev/shm')).filter((name) => name.startsWith(`packyard-signer-${process.pid}-`));

describe('a keyring', () => {
  it('signs in both forms by the primary key, as gpgv sees it, and leaves nothing', async () => {
    const keyring = await Keyring.open(secrets, keys);
    const content = Buffer.from('Origin: LTS\nLabel: core-2025\n');
    expect(await ours()).toHaveLength(1);
    const detached = await keyring.signDetached(content);
    const inline = await keyring.signCleartext(content);
    const agent = await readdir(keyring.home);
    await keyring.close();

    expect(agent).toContain('passphrase');
    expect(await ours()).toEqual([]);
    const ring = join(folder, 'ring.gpg');
    await mustRun('gpg', ['--homedir', key.home, '--export', '--output', ring]);
    await writeFile(join(folder, 'content'), content);
    await writeFile(join(folder, 'content.asc'), detached);
    await writeFile(join(folder, 'inline'), inline);
    for (const files of [['content.asc', 'content'], ['inline']]) {
      const args = ['--status-fd', '1', '--keyring', ring, ...files.map((it) => join(folder, it))];
      const status = await mustRun('gpgv', args, { env: { HOME: folder } });
      expect(status).toMatch(
        new RegExp(`VALIDSIG ${key.fingerprint} .* 8 0[01] ${key.fingerprint}`),
      );
    }
    expect(await agentsIn(keyring.home)).toEqual([]);
  });

  /** gpg-agents that still have their home there. */
  async function agentsIn(home: string): Promise<string[]> {
    const processes = await readProcesses();
    return processes.filter(({ cmdline }) => cmdline.includes(home)).map(({ cmdline }) => cmdline);
  }

  const refusal = (given: Partial<Secrets>, by = keys) =>
    Keyring.open({ ...secrets, ...given }, by).then(
      async (keyring) => {
        await keyring.close();
        return 'opened';
      },
      ({ name, message }: Error) => `${name}: ${message}`,
    );

  it('is not opened with a wrong passphrase, key or fingerprint, and says which of them it is', async () => {
    expect(await refusal({ passphrase: 'wrong' })).toMatch(
      /^SigningRefused: GPG_PASSPHRASE does not/,
    );
    expect(await refusal({ passphrase: `${secrets.passphrase}\n` })).toBe('opened');
    expect(await refusal({ passphrase: 'two\nlines' })).toContain('GPG_PASSPHRASE has more than');
    expect(await refusal({ privateKey: 'nonsense' })).toContain('GPG_PRIVATE_KEY holds no');
    const torn = secrets.privateKey.replace(/[A-Za-z0-9+/]{64}\n/, '');
    expect(await refusal({ privateKey: torn })).toMatch(/GPG_PRIVATE_KEY|GPG_PASSPHRASE/);
    expect(await refusal({ fingerprint: 'ABCD' })).toContain('GPG_KEY_ID is not a fingerprint');
    expect(await refusal({ fingerprint: '0'.repeat(40) })).toContain('and GPG_KEY_ID is 0000');
    expect(await refusal({ fingerprint: key.subkeyFingerprint })).toContain(
      `GPG_KEY_ID is the subkey ${key.subkeyFingerprint}: it has to be the primary key, ${key.fingerprint}`,
    );
    expect(await refusal({ privateKey: await key.publicKey() })).toContain(
      'GPG_PRIVATE_KEY holds no',
    );
    expect(await ours()).toEqual([]);
  });

  it('is not opened with an export of subkeys alone', async () => {
    const options = ['--batch', '--pinentry-mode', 'loopback', '--passphrase-file'];
    const exporting = [...options, key.passphraseFile, '--armor', '--export-secret-subkeys'];
    const privateKey = await mustRun('gpg', ['--homedir', key.home, ...exporting]);
    expect(await refusal({ privateKey })).toContain('holds subkeys of');
  });

  it('is not opened with a key that is expired, or that the public keys here do not have', async () => {
    const [expired, other] = [
      await SigningKey.create(await mkdtemp(join(folder, 'key-')), { expired: true }),
      await SigningKey.create(await mkdtemp(join(folder, 'key-'))),
    ];
    const ofExpired = await PrimaryKeys.parse(await expired.publicKey());
    expect(await refusal(await secretsOf(expired), ofExpired)).toContain('which has expired');
    expect(await refusal(await secretsOf(other))).toContain(`and should be by ${key.fingerprint}`);
    await expired.close();
    await other.close();
  }, 60_000);

  it('is opened while others remove what a killed process left', async () => {
    const dead = spawn('true');
    await once(dead, 'close');
    for (let round = 0; round < 5; round += 1) {
      const left = `/dev/shm/packyard-signer-${dead.pid}-1-${round}`;
      await mkdir(left, { mode: 0o700 });
      const opened = await Promise.all(Array.from({ length: 4 }, () => refusal({})));
      expect(opened).toEqual(Array(4).fill('opened'));
      expect(await readdir('/dev/shm')).not.toContain(basename(left));
    }
  }, 60_000);

  it('is made in memory, or not at all', async () => {
    expect(await placeInMemory(['/nowhere', tmpdir(), '/dev/shm'])).toBe('/dev/shm');
    await expect(placeInMemory(['/nowhere', '/proc'])).rejects.toThrow(
      /none of \/nowhere, \/proc is a tmpfs here/,
    );
  });
});

interface SeenProcess {
  readonly pid: string;
  readonly cmdline: string;
  readonly environ: string;
}

async function readProcesses(): Promise<SeenProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = (path: string) => readFile(path, 'latin1').catch(() => '');
  return Promise.all(
    pids.map(async (pid) => ({
      pid,
      cmdline: await read(`/proc/${pid}/cmdline`),
      environ: await read(`/proc/${pid}/environ`),
    })),
  );
}

describe('a command that signs', () => {
  let ci: CiRunner;
  let server: HostileServer;
  beforeEach(async () => {
    ci = await CiRunner.create(key);
    server = await HostileServer.start();
    const place = join(ci.staging, 'core/2025/rpm/el9-x86_64');
    await mkdir(place, { recursive: true });
  });
  afterEach(async () => {
    server.stop();
    expect(await ci.leftBehind()).toEqual([]);
    await rm(ci.folder, { recursive: true });
  });

  const ORDER = ['promote', 'core', '2025', 'rpm', 'el9-x86_64'];
  /** A server that is never done. */
  const never = () => {
    server.script = [
      () => ({ asks: [{ form: 'none', path: 'never', sha256: '' }], says: { state: 'running' } }),
    ];
  };
  const begun = () => until(() => server.orders.length > 0, 30_000);

  it('shows no secret to whoever lists processes, and says none', async () => {
    never();
    const child = ci.start([...ORDER, '--json'], server.url);
    const output = ended(child);
    const seen: SeenProcess[] = [];
    while (server.orders.length === 0) {
      seen.push(...(await readProcesses()).filter(({ pid }) => pid !== String(child.pid)));
    }
    seen.push(...(await readProcesses()).filter(({ pid }) => pid !== String(child.pid)));
    child.kill('SIGTERM');
    const said = (await output).output;

    expect(seen.some(({ cmdline }) => /gpg(\0|-agent)/.test(cmdline))).toBe(true);
    const body = secrets.privateKey.split('\n')[5]!;
    for (const secret of [secrets.passphrase, body]) {
      expect(
        seen.filter(({ cmdline, environ }) => `${cmdline}${environ}`.includes(secret)),
      ).toEqual([]);
      expect(said).not.toContain(secret);
    }
  }, 60_000);

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'cancels what it ordered, leaves nothing and ends with 130 at %s',
    async (signal) => {
      never();
      const child = ci.start(ORDER, server.url);
      const output = ended(child);
      await begun();
      expect(await ci.leftBehind()).toHaveLength(2);
      child.kill(signal);
      child.kill(signal); // a person who presses Ctrl-C twice
      const { code, output: said } = await output;
      expect([code, said]).toEqual([130, expect.stringContaining('INTERRUPTED')]);
      expect(server.cancelled).toBe(1);
    },
    60_000,
  );

  it('removes with its next start what one that was killed has left, and its agent', async () => {
    never();
    const child = ci.start(ORDER, server.url);
    await begun();
    const left = await ci.leftBehind();
    expect(left).toHaveLength(2);
    child.kill('SIGKILL'); // from here on, any signer on this machine may remove them
    await once(child, 'close');

    const next = ci.start(ORDER, server.url);
    const output = ended(next);
    await until(() => server.orders.length === 2, 30_000);
    const now = await ci.leftBehind();
    expect(now.filter((name) => left.includes(name))).toEqual([]);
    next.kill('SIGINT');
    await output;
    const agents = (await readProcesses()).filter(({ cmdline }) =>
      left.some((name) => cmdline.includes(name)),
    );
    expect(agents).toEqual([]);
  }, 60_000);

  it('names each variable that is missing, and orders nothing', async () => {
    const env = { GPG_PRIVATE_KEY: '', GPG_PASSPHRASE: '' };
    const { code, output } = await ci.run(ORDER, server.url, env);
    expect([code, output]).toEqual([
      1,
      'SIGNING_REFUSED: The signing key is taken from the environment, and GPG_PRIVATE_KEY and GPG_PASSPHRASE are not set there.\n',
    ]);
    expect(server.orders).toEqual([]);
  });

  it('says which Debian package a missing tool comes from', async () => {
    const tools = join(ci.folder, 'few');
    await mkdir(tools);
    await mustRun('ln', [
      '-s',
      process.execPath,
      '/usr/bin/env',
      '/usr/bin/gpg',
      '/usr/bin/gpgconf',
      tools,
    ]);
    const { code, output } = await ci.run(ORDER, server.url, { PATH: tools });
    expect([code, output]).toEqual([
      1,
      expect.stringMatching(/^TOOL_MISSING: .*Debian packages rpm createrepo-c/),
    ]);
  });

  it('ends with 3 where no server answers, and with 2 where the command is none', async () => {
    const url = server.url;
    server.stop();
    expect(await ci.run(ORDER, url)).toMatchObject({ code: 3 });
    expect(await ci.run([...ORDER, '--base', 'yesterday'], url)).toMatchObject({ code: 2 });
    expect(await ci.run(ORDER.slice(0, 3), url)).toMatchObject({ code: 2 });
  });
});
