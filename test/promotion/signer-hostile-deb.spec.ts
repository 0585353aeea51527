import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { requireTools } from '../clients/support/required-tools.js';
import { SigningKey } from '../clients/support/signing-key.js';
import { CiRunner } from './support/ci-runner.js';
import { DebPublication, type Release } from './support/deb-publication.js';
import { buildDeb } from './support/debs.js';
import { HostileServer, type Stage } from './support/hostile-server.js';

const ORDER = ['promote', 'core', '2025', 'deb', 'bookworm-amd64'];
const target = 'bookworm-amd64';
const RELEASE = 'snapshot/tree/dists/bookworm/Release';

describe('a server that lies about Debian packages', () => {
  let folder: string;
  let key: SigningKey;
  let ci: CiRunner;
  let server: HostileServer;
  let publication: DebPublication;
  let files: { acme1: string; acme2: string; minion: string };
  let first: Release;
  let next: Release;

  beforeAll(async () => {
    requireTools();
    folder = await mkdtemp(join(tmpdir(), 'packyard-deb-'));
    key = await SigningKey.create(folder);
    ci = await CiRunner.create(key);
    const publicKeyFile = join(folder, 'lts.asc');
    await writeFile(publicKeyFile, await key.publicKey());
    publication = await DebPublication.create(folder, key, publicKeyFile);
    const deb = (name: string, version: string) =>
      buildDeb(join(folder, 'built'), { name, version, architecture: 'amd64' });
    files = {
      acme1: await deb('acme', '1.0-1'),
      acme2: await deb('acme', '2.0-1'),
      minion: await deb('minion', '1.0-1'),
    };
    const now = new Date(Date.now() - 60 * 60_000);
    first = await publication.build({ added: [{ target, file: files.acme1 }], now });
    next = await publication.build({ base: first, added: [{ target, file: files.acme2 }] });
  }, 120_000);
  afterAll(async () => {
    await rm(ci.folder, { recursive: true });
    await key.close();
    await rm(folder, { recursive: true });
  });

  beforeEach(async () => {
    server = await HostileServer.start();
    server.releases.set('r-first', first.folder);
    server.releases.set('r-next', next.folder);
    await rm(ci.staging, { recursive: true, force: true });
    await ci.signings();
  });
  afterEach(async () => {
    server.stop();
    expect(await ci.leftBehind()).toEqual([]);
  });

  const hashOf = async (file: string) =>
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex');

  async function stage(file: string): Promise<void> {
    const place = join(ci.staging, 'core/2025/deb', target);
    await mkdir(place, { recursive: true });
    await cp(file, join(place, basename(file)));
    await writeFile(join(place, `${basename(file)}.sha256`), await hashOf(file));
  }

  /** Asks for the Release of a snapshot in both forms, as an honest server does. */
  const ask = async (of: Release, says: object = {}): Promise<Stage> => {
    const sha256 = await hashOf(join(of.folder, 'dists/bookworm/Release'));
    return {
      snapshot: of.folder,
      says: { base: 'r-first', ...says },
      // One path stands for one signature here.
      asks: [{ form: 'clearsigned', path: RELEASE, sha256 }],
    };
  };
  const alsoDetached = async (of: Release): Promise<Stage> => {
    server.signatures.delete(RELEASE);
    const { asks, ...rest } = await ask(of);
    return { ...rest, asks: [{ ...asks[0]!, form: 'detached' }] };
  };

  async function refusal(args: readonly string[] = ORDER): Promise<string> {
    const { code, output } = await ci.run(args, server.url);
    expect([code, output]).toEqual([1, output]);
    expect(await ci.signings()).toEqual([]);
    expect(server.signatures.size).toBe(0);
    return output;
  }

  it('gets its signatures while it does not lie', async () => {
    await stage(files.acme2);
    server.script = [() => ask(next), () => alsoDetached(next)];
    const { code, output } = await ci.run(ORDER, server.url);
    expect([code, output]).toEqual([0, output]);
    expect(await ci.signings()).toEqual(['--clearsign', '--detach-sign']);
  });

  it('gets a package signed that came into staging later, as an honest one does', async () => {
    await stage(files.acme2);
    const more = await publication.build({
      base: first,
      added: [files.acme2, files.minion].map((file) => ({ target, file })),
    });
    const late = async () => {
      await stage(files.minion);
      return ask(more);
    };
    server.script = [late, () => alsoDetached(more)];
    const { code, output } = await ci.run(ORDER, server.url);
    expect([code, output]).toEqual([0, output]);
  });

  it('gets no extra package in, leaves none of the base out, and none of the staged', async () => {
    await stage(files.acme2);
    const added = [files.acme2, files.minion].map((file) => ({ target, file }));
    const more = await publication.build({ base: first, added });
    server.script = [() => ask(more)];
    expect(await refusal()).toContain('it lists minion_1.0-1_amd64, which nobody vouches for');

    const less = await publication.build({
      base: first,
      added: [{ target, file: files.acme2 }],
      removed: [basename(files.acme1)],
    });
    server.script.push(() => ask(less));
    expect(await refusal()).toContain('it does not list acme_1.0-1_amd64');

    await stage(files.minion);
    server.script.push(() => ask(next));
    expect(await refusal()).toContain('it does not list minion_1.0-1_amd64');
  });

  it('gets nothing dated in the future signed', async () => {
    await stage(files.acme2);
    const now = new Date(Date.now() + 2 * 60 * 60_000);
    const added = [{ target, file: files.acme2 }];
    const late = await publication.build({ base: first, added, now });
    server.script = [() => ask(late)];
    expect(await refusal()).toContain('its date is');
  });

  it('cannot pass the metadata of another component for the base', async () => {
    await stage(files.acme2);
    // Signed by the right key, as that of minion: all but the name is as it should be.
    const other = await mkdtemp(join(folder, 'other-'));
    await cp(first.folder, other, { recursive: true });
    const dists = join(other, 'dists/bookworm');
    for (const file of ['Release', 'main/binary-amd64/Release', 'main/binary-arm64/Release']) {
      const text = await readFile(join(dists, file), 'utf8');
      await rm(join(dists, file));
      await writeFile(join(dists, file), text.replace('core-2025', 'minion-2025'));
    }
    await resign(dists);
    server.releases.set('r-first', other);
    server.script = [() => ask(next)];
    expect(await refusal()).toMatch(/The base is not what|of minion-2025 as that of core-2025/);
  });

  async function resign(dists: string): Promise<void> {
    await rm(join(dists, 'InRelease'));
    await key.signInline(join(dists, 'Release'), join(dists, 'InRelease'));
  }

  it('cannot pass a whole release of another component for the base', async () => {
    await stage(files.acme2);
    const own = await DebPublication.create(folder, key, join(folder, 'lts.asc'), 'minion');
    const minion = await own.build({ added: [{ target, file: files.acme1 }] });
    server.releases.set('r-first', minion.folder);
    server.script = [() => ask(next)];
    expect(await refusal()).toContain('the bookworm of minion-2025 as that of core-2025');
  });

  it('cannot pass an older release for the base that is pinned', async () => {
    await stage(files.minion);
    const digest = await hashOf(join(next.folder, 'dists/bookworm/Release'));
    const replayed = await publication.build({
      base: first,
      added: [{ target, file: files.minion }],
    });
    server.script = [() => ask(replayed)];
    expect(await refusal([...ORDER, '--base', digest])).toContain(`and --base names ${digest}`);
  });

  it('gets nothing signed for another distribution, or in another form', async () => {
    await stage(files.acme2);
    const sha256 = '0'.repeat(64);
    const path = 'snapshot/tree/dists/trixie/Release';
    server.script = [
      () => ({ asks: [{ form: 'clearsigned', path, sha256 }], snapshot: next.folder }),
    ];
    expect(await refusal()).toContain('wants the Release of trixie signed');
    server.script.push(() => ({ asks: [{ form: 'rpm-header', path: RELEASE, sha256 }] }));
    expect(await refusal()).toContain('nothing that a promotion of Debian packages needs');
    server.script.push(() => ({
      asks: [{ form: 'clearsigned', path: RELEASE, sha256 }],
      snapshot: next.folder,
    }));
    expect(await refusal()).toContain('and answers another file');
  });

  const place = { component: 'core', series: '2025', format: 'deb', target };
  const back = async (base: Release) =>
    publication.build({ base, added: [], removed: [basename(files.acme2)] });

  it('brings back what the release named held, and nothing else', async () => {
    server.describe('r-first', { id: 'r-first', ...place });
    const restored = await back(next);
    const says = { ...place, base: 'r-next' };
    server.script = [
      () => ask(restored, says),
      async () => ({ ...(await alsoDetached(restored)), says }),
    ];
    const { code, output } = await ci.run(['rollback', 'r-first'], server.url);
    expect([code, output]).toEqual([0, output]);
    await ci.signings();
    server.signatures.clear();

    const added = [{ target, file: files.minion }];
    const more = await publication.build({ base: next, added, removed: [basename(files.acme2)] });
    server.script.push(() => ask(more, says));
    expect(await refusal(['rollback', 'r-first'])).toContain('minion_1.0-1_amd64');
  });

  it('takes away what the command names, and nothing else', async () => {
    server.describe('r-next', { id: 'r-next', ...place });
    const says = { ...place, base: 'r-next' };
    const command = ['withdraw', 'r-next', basename(files.acme2)];
    const less = await back(next);
    server.script = [() => ask(less, says), async () => ({ ...(await alsoDetached(less)), says })];
    const { code, output } = await ci.run(command, server.url);
    expect([code, output]).toEqual([0, output]);
    await ci.signings();
    server.signatures.clear();

    const removed = [basename(files.acme1)];
    const wrong = await publication.build({ base: next, added: [], removed });
    server.script.push(() => ask(wrong, says));
    expect(await refusal(command)).toMatch(/acme_[12]\.0-1_amd64/);
  });

  it('is held to the publication that the command names', async () => {
    server.describe('r-next', { id: 'r-next', ...place, component: 'minion' });
    const command = ['rollback', 'r-next', '--publication', 'deb/core/2025'];
    expect(await refusal(command)).toContain('has the release r-next as one of deb/minion/2025');
    expect(server.orders).toEqual([]);
  });
});
