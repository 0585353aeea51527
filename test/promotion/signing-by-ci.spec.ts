import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectSuccess } from '../clients/support/run.js';
import { installedVersion } from '../clients/support/sample-packages.js';
import { DEB, PromotionSite, RPM } from './support/promotion-site.js';
import type { Promotion } from './support/willing-signer.js';

let packyard: PromotionSite;
beforeAll(async () => {
  packyard = await PromotionSite.start();
});
afterAll(() => packyard?.stop());

/** Of the commands run here. */
const pids = new Set<string>();

/** Runs the command as a workflow of CI does: with the secrets in its environment. */
async function ci(args: string[], env: Record<string, string> = {}) {
  const { site, stagingFolder } = packyard;
  const secrets = await site.signingKey.secrets();
  const child = spawn('bin/packyard', args, {
    env: {
      PATH: process.env.PATH,
      HOME: site.folder,
      PACKYARD_ADMIN_URL: site.packyard.admin,
      STAGING_URL: stagingFolder,
      PUBLIC_KEYS_DIR: join(site.folder, 'gpg'),
      PACKYARD_CONFIG: join(site.folder, 'packyard.yml'),
      ...secrets,
      ...env,
    },
  });
  pids.add(String(child.pid));
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  for (const secret of [secrets.GPG_PASSPHRASE, 'PRIVATE KEY BLOCK']) {
    expect(output).not.toContain(secret);
  }
  return { code, output };
}

const keyringsLeft = async () =>
  (await readdir('/dev/shm')).filter((name) =>
    pids.has(/^packyard-signer-(\d+)-/.exec(name)?.[1] ?? ''),
  );

const where = (place: string) => place.split('/');

describe.each([
  ['RPM', RPM],
  ['DEB', DEB],
])('%s, signed by CI', (format, place) => {
  const stage = (name: string, version: string) =>
    format === 'RPM' ? packyard.stageRpm(name, version) : packyard.stageDeb(name, version);

  it('is live, upon the base that it shows, and installs', async () => {
    await stage('acme', '1');
    const first = await ci(['promote', ...where(place)]);
    expect([first.code, first.output]).toEqual([0, first.output]);
    await stage('acme', '2');
    const second = await ci(['promote', ...where(place)]);
    expect([second.code, second.output]).toEqual([0, second.output]);
    const digest = /sha256:([0-9a-f]{64})|([0-9a-f]{64})/.exec(second.output);
    expect(digest).not.toBeNull();

    if (format === 'RPM') {
      const root = await packyard.dnf();
      expectSuccess(await root.dnf('install', 'acme'));
      expect(await installedVersion(root.folder, 'acme')).toBe('2');
    } else {
      const root = await packyard.apt();
      expectSuccess(await root.aptGet('update'));
      expectSuccess(await root.aptGet('install', 'acme'));
      expect(await installedVersion(root.folder, 'acme')).toBe('2');
    }
    expect(await keyringsLeft()).toEqual([]);
  });

  it('lets go of all but the newest versions that --keep names, as the dry run shows', async () => {
    const [before] = await packyard.releases(`format=${format.toLowerCase()}`);
    const [oldest] = before!.packages;
    await stage('acme', '3');
    const dry = await ci(['promote', ...where(place), '--keep', '2', '--dry-run']);
    expect([dry.code, dry.output]).toEqual([
      0,
      expect.stringMatching(/^add +acme +3.* 2[^]*^remove +acme +1[^]*1 to add, .* 1 to remove/m),
    ]);
    const kept = await ci(['promote', ...where(place), '--keep', '2']);
    expect([kept.code, kept.output]).toEqual([0, kept.output]);
    const [live] = await packyard.releases(`format=${format.toLowerCase()}`);
    expect(live!.packages.map(({ version }) => version[0])).toEqual(['2', '3']);
    // A client may be in the middle of a transaction.
    const tree = packyard.site.tree.folder;
    const publication = format === 'RPM' ? 'rpm/core/2025/el9-x86_64' : 'deb/core/2025';
    expect((await stat(join(tree, publication, oldest!.path))).isFile()).toBe(true);
  });

  it('is refused where it is not what the build made, and nothing changes', async () => {
    await stage('unexpected', '1');
    const before = (await packyard.releases()).filter(({ live }) => live);
    const sums = join(packyard.site.folder, 'SHA256SUMS');
    await writeFile(sums, `${'0'.repeat(64)}  other.rpm\n`);
    const { code, output } = await ci(['promote', ...where(place), '--expect', sums]);
    expect([code, output]).toEqual([1, output]);
    expect(output).toMatch(/unexpected/);
    expect((await packyard.releases()).filter(({ live }) => live)).toEqual(before);

    const base = await ci(['promote', ...where(place), '--base', 'none']);
    expect([base.code, base.output]).toEqual([1, base.output]);
    const [refused] = (await packyard.call<Promotion[]>('GET', 'promotions')).body;
    expect(refused!.cancel_reason).toMatch(/^It was not signed\. .*--base/);
    expect((await packyard.releases()).filter(({ live }) => live)).toEqual(before);
    expect(await keyringsLeft()).toEqual([]);
  });

  it('goes back, and is withdrawn, by the same command', async () => {
    const release = (await packyard.releases(`format=${format.toLowerCase()}`)).at(-1)!;
    const back = await ci(['rollback', release.id]);
    expect([back.code, back.output]).toEqual([0, back.output]);
    const [live] = await packyard.releases(`format=${format.toLowerCase()}`);
    expect(live).toMatchObject({ live: true, kind: 'rollback' });
    expect(live!.packages).toHaveLength(release.packages.length);

    await packyard.call('GET', 'status');
    const [file] = live!.packages.map(({ path }) => path.split('/').at(-1)!);
    const gone = await ci(['withdraw', live!.id, file!]);
    expect([gone.code, gone.output]).toEqual([0, gone.output]);
    const [after] = await packyard.releases(`format=${format.toLowerCase()}`);
    expect(after).toMatchObject({ live: true, kind: 'withdrawal' });
    expect(after!.packages.map(({ path }) => path.split('/').at(-1))).not.toContain(file);
  });
});

it('is refused with a key that subscribers do not have', async () => {
  await packyard.stageRpm('stranger', '1');
  const other = await PromotionSite.start();
  const foreign = await other.site.signingKey.secrets();
  await other.stop();
  const { code, output } = await ci(['promote', ...where(RPM)], foreign);
  expect([code, output]).toEqual([1, output]);
  expect(output).toMatch(/would be refused by the public keys here/);
});

it('names what is missing in its environment', async () => {
  const { code, output } = await ci(['promote', ...where(RPM)], { GPG_PASSPHRASE: '' });
  expect([code, output]).toEqual([1, output]);
  expect(output).toContain('GPG_PASSPHRASE');
});
