import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { requireTools } from '../clients/support/required-tools.js';
import { SigningKey } from '../clients/support/signing-key.js';
import { CiRunner } from './support/ci-runner.js';
import { HostileServer, type Stage } from './support/hostile-server.js';
import {
  destination,
  filesOf,
  RpmWorkbench,
  type SignedRpm,
  type Snapshot,
} from './support/rpm-workbench.js';

const ORDER = ['promote', 'core', '2025', 'rpm', 'el9-x86_64'];
const REPOMD = 'snapshot/tree/repodata/repomd.xml';

describe('a server that lies about RPMs', () => {
  let bench: RpmWorkbench;
  let ci: CiRunner;
  let server: HostileServer;
  let acme1: SignedRpm;
  let minion: SignedRpm;
  /** Not signed yet. */
  let acme2: string;
  let first: Snapshot;

  beforeAll(async () => {
    requireTools();
    bench = await RpmWorkbench.create();
    ci = await CiRunner.create(bench.key);
    acme1 = await bench.signedSample({ name: 'acme', version: '1.0' });
    minion = await bench.signedSample({ name: 'minion' });
    acme2 = await bench.build({ name: 'acme', version: '2.0' });
    first = await bench.release({ packages: [acme1] });
  }, 120_000);
  afterAll(async () => {
    await rm(ci.folder, { recursive: true });
    await bench.close();
  });

  beforeEach(async () => {
    server = await HostileServer.start();
    server.releases.set('r-first', first.folder);
    await rm(ci.staging, { recursive: true, force: true });
    await stage(acme2);
    await ci.signings();
  });
  afterEach(async () => {
    server.stop();
    expect(await ci.leftBehind()).toEqual([]);
  });

  const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
  const hashOf = async (file: string) => sha256(await readFile(file));

  async function stage(file: string): Promise<void> {
    const folder = join(ci.staging, 'core/2025/rpm/el9-x86_64');
    await mkdir(folder, { recursive: true });
    await cp(file, join(folder, basename(file)));
    await writeFile(join(folder, `${basename(file)}.sha256`), await hashOf(file));
  }

  /** Asks for the header of what is staged, as an honest server does. */
  const askForPackage = async (): Promise<Stage> => ({
    asks: [{ form: 'rpm-header', path: `staged/${basename(acme2)}`, sha256: await hashOf(acme2) }],
  });

  /** The package with the signature that was handed in. */
  async function signedPackage(): Promise<SignedRpm> {
    const signature = server.signatures.get(`staged/${basename(acme2)}`)!;
    const source = join(await bench.newFolder(), basename(acme2));
    await bench.builder.packageSignature.apply(acme2, signature, source, bench.publicKeyFile);
    const inspected = await bench.builder.inspect(acme2, destination);
    if (inspected.kind !== 'package') throw new Error('it is a package');
    const { kind: _kind, ...rest } = inspected;
    const bytes = await readFile(source);
    const entry = {
      ...rest,
      target: destination.target,
      size: bytes.length,
      sha256: sha256(bytes),
    };
    return { entry, source, staged: acme2, signature };
  }

  const askForRepomd = async (folder: string, says: object = {}): Promise<Stage> => ({
    snapshot: folder,
    says: { base: 'r-first', ...says },
    asks: [
      {
        form: 'detached',
        path: REPOMD,
        sha256: await hashOf(join(folder, 'repodata/repomd.xml')),
      },
    ],
  });

  /** A release upon the first one, with what was signed just now. */
  const nextRelease = async (change: Partial<Parameters<RpmWorkbench['release']>[0]> = {}) => {
    const packages = [...filesOf(first).packages, await signedPackage()];
    return bench.release({ packages, base: first, sign: false, ...change });
  };

  async function refusal(args: readonly string[] = [], env = {}): Promise<string> {
    const { code, output } = await ci.run([...ORDER, ...args], server.url, env);
    expect([code, output]).toEqual([1, output]);
    expect(server.signatures.has(REPOMD)).toBe(false);
    return output;
  }

  /** Nothing was signed at all. */
  async function nothingSigned(): Promise<void> {
    expect(await ci.signings()).toEqual([]);
    expect(server.signatures.size).toBe(0);
  }

  /** Of the metadata; the package is what was staged. */
  async function noMetadataSigned(): Promise<void> {
    expect(await ci.signings()).toEqual(['rpmsign']);
    expect([...server.signatures.keys()]).toEqual([`staged/${basename(acme2)}`]);
    expect(server.cancelled).toBe(1);
  }

  it('gets its signatures while it does not lie', async () => {
    server.script = [askForPackage, async () => askForRepomd((await nextRelease()).folder)];
    const { code, output } = await ci.run([...ORDER, '--expect', await sums(acme2)], server.url);
    expect([code, output]).toEqual([0, output]);
    expect(await ci.signings()).toEqual(['rpmsign', '--detach-sign']);
    expect(output).toMatch(/r-first, of 20\S+Z, 1 package, verified\n {2}--base [0-9a-f]{64}/);
    expect(server.cancelled).toBe(0);
  });

  /** The header, which has its signature by now, and the metadata over it. */
  const askForTheRest = async (): Promise<Stage> => {
    const { asks } = await askForPackage();
    const repomd = await askForRepomd((await nextRelease()).folder);
    return { ...repomd, asks: [...asks, ...repomd.asks] };
  };

  it('gets the rest from a signer that goes on where another stopped', async () => {
    server.script = [askForPackage];
    expect(await refusal()).toContain('was never signed here');
    expect(await ci.signings()).toEqual(['rpmsign']);

    server.script = [askForPackage, askForTheRest];
    const { code, output } = await ci.run(ORDER, server.url);
    expect([code, output]).toEqual([0, output]);
    expect(await ci.signings()).toEqual(['--detach-sign']);
  });

  it('cannot pass a signature over something else for what another signer made', async () => {
    server.script = [askForPackage];
    await refusal();
    await ci.signings();

    const stageOfTheRest = await askForTheRest();
    server.script = [askForPackage, () => stageOfTheRest];
    server.signatures.set(`staged/${basename(acme2)}`, minion.signature);
    expect(await refusal()).toContain('it is not over this package');
    expect(await ci.signings()).toEqual([]);
  });

  async function sums(...files: string[]): Promise<string> {
    const list = join(await bench.newFolder(), 'SHA256SUMS');
    const lines = await Promise.all(
      files.map(async (it) => `${await hashOf(it)}  dist/${basename(it)}`),
    );
    await writeFile(list, `${lines.join('\n')}\n`);
    return list;
  }

  it.each([
    ['detached', 'repomd.xml is not as'],
    ['rpm-header', 'which is nothing that a promotion of RPMs needs'],
    ['clearsigned', 'which is nothing that a promotion of RPMs needs'],
  ])('gets no signature of an RPM header as repomd.xml (%s)', async (form, words) => {
    const folder = await bench.newFolder();
    const header = (await readFile(minion.staged)).subarray(96, 4096);
    await mkdir(join(folder, 'repodata'));
    await writeFile(join(folder, 'repodata/repomd.xml'), header);
    server.script = [
      askForPackage,
      async () => {
        const { asks, ...rest } = await askForRepomd(folder);
        return { ...rest, asks: [{ ...asks[0]!, form }] };
      },
    ];
    expect(await refusal()).toContain(words);
    await noMetadataSigned();
  });

  it('gets no extra package in', async () => {
    server.script = [
      askForPackage,
      async () => {
        const packages = [...filesOf(first).packages, await signedPackage(), minion];
        return askForRepomd((await nextRelease({ packages })).folder);
      },
    ];
    expect(await refusal()).toContain(
      'minion-1.0-1.x86_64.rpm, which neither the base has nor this set',
    );
    await noMetadataSigned();
  });

  it('leaves no package of the base out', async () => {
    server.script = [
      askForPackage,
      async () => {
        const packages = [await signedPackage()];
        return askForRepomd((await nextRelease({ packages })).folder);
      },
    ];
    expect(await refusal()).toContain('it does not list Packages/acme-1.0-1.x86_64.rpm');
    await noMetadataSigned();
  });

  it('leaves nothing out that was staged', async () => {
    server.script = [() => askForRepomd(first.folder)];
    expect(await refusal()).toContain('acme-2.0-1.x86_64.rpm was staged before');
    await nothingSigned();
  });

  it.each([
    ['component', 'minion'],
    ['series', '2024'],
    ['target', 'el8-x86_64'],
    ['kind', 'withdrawal'],
  ])('gets nothing signed for another %s', async (field, value) => {
    server.script = [async () => ({ ...(await askForPackage()), says: { [field]: value } })];
    expect(await refusal()).toContain(`and the server answers one with "${value}"`);
    await nothingSigned();
  });

  it('gets no signature of metadata of another publication', async () => {
    server.script = [
      askForPackage,
      async () => {
        const { folder } = await nextRelease();
        const file = join(folder, 'repodata/repomd.xml');
        const other = (await readFile(file, 'utf8')).replace('rpm/core/2025', 'rpm/minion/2025');
        await rm(file); // another name may share its bytes
        await writeFile(file, other);
        return askForRepomd(folder);
      },
    ];
    expect(await refusal()).toContain('it is for rpm/minion/2025/el9-x86_64');
    await noMetadataSigned();
  });

  it('gets nothing dated in the future signed', async () => {
    const now = new Date(Date.now() + 2 * 60 * 60_000);
    server.script = [askForPackage, async () => askForRepomd((await nextRelease({ now })).folder)];
    expect(await refusal()).toContain('in the future');
    await noMetadataSigned();
  });

  it('is not even asked where staging holds what the build did not make', async () => {
    server.script = [askForPackage];
    expect(await refusal(['--expect', await sums(minion.staged)])).toContain(
      'acme-2.0-1.x86_64.rpm, which --expect does not list',
    );
    const list = await sums(minion.staged);
    await writeFile(list, `${'0'.repeat(64)}  acme-2.0-1.x86_64.rpm\n`);
    expect(await refusal(['--expect', list])).toContain('it is not what the build made');
    expect(server.orders).toEqual([]);
    await nothingSigned();
  });

  it('gets nothing signed that came into staging later and that the build did not make', async () => {
    server.script = [
      async () => {
        await stage(minion.staged);
        const path = `staged/${basename(minion.staged)}`;
        return { asks: [{ form: 'rpm-header', path, sha256: await hashOf(minion.staged) }] };
      },
    ];
    expect(await refusal(['--expect', await sums(acme2)])).toContain(
      'which --expect does not list',
    );
    await nothingSigned();
  });

  it('gets no signature of a file that is not the one in staging', async () => {
    server.script = [
      async () => {
        const { asks } = await askForPackage();
        return { asks: [{ ...asks[0]!, sha256: await hashOf(minion.staged) }] };
      },
    ];
    expect(await refusal()).toMatch(
      /wants acme-2.0-1.x86_64.rpm signed with the SHA-256 .* and in staging/,
    );
    await nothingSigned();
  });

  it.each([
    'staged/minion-1.0-1.x86_64.rpm',
    'staged/../staged/acme-2.0-1.x86_64.rpm',
    'etc/passwd',
  ])('gets no signature of %s, which is not staged', async (path) => {
    server.script = [() => ({ asks: [{ form: 'rpm-header', path, sha256: '0'.repeat(64) }] })];
    expect(await refusal()).toMatch(/not in staging|nothing that a promotion/);
    await nothingSigned();
  });

  it('cannot pass what another key has signed for the base', async () => {
    const other = await SigningKey.create(await bench.newFolder());
    const folder = await bench.newFolder();
    await cp(first.folder, folder, { recursive: true });
    await rm(join(folder, 'repodata/repomd.xml.asc'));
    await other.signDetached(
      join(folder, 'repodata/repomd.xml'),
      join(folder, 'repodata/repomd.xml.asc'),
    );
    await other.close();
    server.releases.set('r-first', folder);
    server.script = [askForPackage, async () => askForRepomd((await nextRelease()).folder)];
    expect(await refusal()).toMatch(
      /cannot be built upon\. It is by the key [0-9A-F]{40}, and should be by/,
    );
    await noMetadataSigned();
  }, 60_000);

  it('cannot pass an older release for the base that is pinned', async () => {
    const newer = await bench.release({ packages: [acme1, minion], base: first });
    const digest = await hashOf(join(newer.folder, 'repodata/repomd.xml'));
    server.script = [askForPackage, async () => askForRepomd((await nextRelease()).folder)];
    expect(await refusal(['--base', digest])).toContain(`and --base names ${digest}`);
    await noMetadataSigned();
  });

  it('cannot say that nothing is live where a base is pinned', async () => {
    const digest = await hashOf(join(first.folder, 'repodata/repomd.xml'));
    server.script = [
      askForPackage,
      async () => {
        const alone = await bench.release({ packages: [await signedPackage()], sign: false });
        return askForRepomd(alone.folder, { base: null });
      },
    ];
    expect(await refusal(['--base', digest])).toContain('that the server names is none');
    await noMetadataSigned();
  });

  it('cannot change the base in the middle', async () => {
    server.releases.set('r-other', first.folder);
    server.script = [
      askForPackage,
      async () => askForRepomd((await nextRelease()).folder),
      async () => {
        server.signatures.delete(REPOMD); // as if it had built anew
        return askForRepomd((await nextRelease()).folder, { base: 'r-other' });
      },
    ];
    expect(await refusal()).toContain('has named r-first as the base');
    expect(await ci.signings()).toEqual(['rpmsign', '--detach-sign']);
  });

  it('gets nothing signed once the promotion has ended', async () => {
    const says = { state: 'failed', error: { code: 'SIGNER_LOST', message: 'gone' } };
    server.script = [async () => ({ ...(await askForPackage()), says })];
    expect(await refusal()).toContain('SIGNER_LOST: gone');
    await nothingSigned();
  });

  it('is not believed that it is live without a signature', async () => {
    server.script = [];
    expect(await refusal()).toContain(
      'it cannot be: repodata/repomd.xml.asc was never signed here',
    );
    await nothingSigned();
  });

  it('gets no signature for a rollback of RPMs, which needs none', async () => {
    const place = { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' };
    server.describe('r-first', { id: 'r-first', ...place });
    server.script = [() => askForRepomd(first.folder, place)];
    const { code, output } = await ci.run(['rollback', 'r-first'], server.url);
    expect([code, output]).toEqual([1, output]);
    expect(output).toContain('a rollback of RPMs needs no signature');
    await nothingSigned();
  });
});
