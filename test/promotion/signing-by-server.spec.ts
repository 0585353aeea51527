import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ended, type CiRun } from './support/ci-runner.js';
import { DEB, PromotionSite, RPM } from './support/promotion-site.js';

let packyard: PromotionSite;
beforeAll(async () => {
  // No keys of an operator: it makes development keys, as a first run does.
  packyard = await PromotionSite.start({ PUBLIC_KEYS_DIR: '/nonexistent' });
});
afterAll(() => packyard?.stop());

/** As somebody who tries Packyard out: without any key. */
function person(...args: string[]): Promise<CiRun> {
  const { site, stagingFolder } = packyard;
  const child = spawn('bin/packyard', args, {
    env: {
      PATH: process.env.PATH,
      HOME: site.folder,
      PACKYARD_ADMIN_URL: site.packyard.admin,
      STAGING_URL: stagingFolder,
      PACKYARD_CONFIG: join(site.folder, 'packyard.yml'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return ended(child);
}

const publicKeys = () => join(packyard.site.folder, 'data/development-keys/public');

/** Folders in memory of the server's signer. */
const keyrings = async () =>
  (await readdir('/dev/shm')).filter((name) =>
    name.startsWith(`packyard-signer-${packyard.site.packyard.pid}-`),
  );

describe.each([
  ['rpm', RPM],
  ['deb', DEB],
])('%s, with development keys', (format, place) => {
  const order = place.split('/');

  it('is signed by the server, shown before it is done, and back', async () => {
    const stage = (name: string, version: string) =>
      format === 'rpm' ? packyard.stageRpm(name, version) : packyard.stageDeb(name, version);
    await stage('acme', '1');
    const dry = await person('promote', ...order, '--dry-run', '--public-keys', publicKeys());
    expect([dry.code, dry.output]).toEqual([0, expect.stringMatching(/none\.[^]*\nadd +acme +1/)]);
    expect(await packyard.releases(`format=${format}`)).toEqual([]);

    expect(await person('promote', ...order)).toMatchObject({ code: 0 });
    await stage('acme', '2');
    const again = await person('promote', ...order, '--dry-run', '--public-keys', publicKeys());
    expect(again.output).toMatch(
      /, 1 package, verified\n {2}--base [0-9a-f]{64}\n[^]*\nadd +acme +2\S* .* 1/,
    );

    const events = await person('promote', ...order, '--json');
    expect(events.code).toBe(0);
    const lines = events.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines[0]).toMatchObject({ type: 'ordered' });
    expect(lines.at(-2)).toMatchObject({ type: 'state', state: 'live' });
    expect(lines.at(-1)).toMatchObject({ type: 'ended', promotion: { state: 'live' } });

    const releases = await packyard.releases(`format=${format}`);
    expect(releases.map(({ packages }) => packages.length)).toEqual([2, 1]);
    expect(await person('rollback', releases[1]!.id)).toMatchObject({ code: 0 });
    const [live] = await packyard.releases(`format=${format}`);
    expect(live).toMatchObject({ live: true, kind: 'rollback' });
    const file = live!.packages[0]!.path.split('/').at(-1)!;
    expect(await person('withdraw', live!.id, file, '--now')).toMatchObject({ code: 0 });

    const shown = await person('releases', 'core', '--format', format);
    expect(shown.output.match(/^\d{8}T/gm)).toHaveLength(4);
    expect(shown.output).toMatch(/^\S+ +\S+ +live +withdrawal .* 0 /m);
    expect(await keyrings()).toEqual([]);
  }, 120_000);

  it('says why it is not live', async () => {
    const nothing = await person('promote', ...order);
    expect([nothing.code, nothing.output]).toEqual([
      1,
      expect.stringContaining('\nNOTHING_STAGED: '),
    ]);
    const [, id] = /^Promotion (\S+)/m.exec(nothing.output)!;
    expect(await person('promotions', 'show', id!)).toMatchObject({
      output: expect.stringMatching(/State +failed\nWhy +NOTHING_STAGED/),
    });
    expect(await person('promotions', 'follow', id!)).toMatchObject({ code: 1 });
    expect(await person('promotions', 'cancel', id!)).toMatchObject({ code: 1 });
    const list = await person('promotions', 'list', '--state', 'failed');
    expect(list.output).toContain(id);
  });
});
