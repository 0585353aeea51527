import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expectSuccess } from '../clients/support/run.js';
import { installedVersion } from '../clients/support/sample-packages.js';
import { buildDeb } from './support/debs.js';
import { DEB, PromotionSite, RPM } from './support/promotion-site.js';

let packyard: PromotionSite;
beforeAll(async () => {
  packyard = await PromotionSite.start();
});
afterAll(() => packyard?.stop());

it('puts an RPM live, which dnf installs, and the next version beside it', async () => {
  const root = await packyard.dnf();
  for (const version of ['1.0', '2.0~rc1+x^3']) {
    await packyard.stageRpm('acme', version);
    await packyard.mustPromote(RPM);
    expectSuccess(await root.dnf('install', '--refresh', 'acme'));
    if (version !== '1.0') expectSuccess(await root.dnf('upgrade', '--refresh', 'acme'));
    expect(await installedVersion(root.folder, 'acme')).toBe(version);
  }
  expect(await packyard.releases('format=rpm')).toMatchObject([
    { live: true, packages: [{ version: '1.0-1' }, { version: '2.0~rc1+x^3-1' }] },
    { live: false, packages: [{ version: '1.0-1' }] },
  ]);
});

it('puts a DEB live, which apt installs, and the next version beside it', async () => {
  const root = await packyard.apt();
  for (const version of ['1.0', '1:2.0~rc1']) {
    await packyard.stageDeb('acme', version);
    await packyard.mustPromote(DEB);
    expectSuccess(await root.aptGet('update'));
    expectSuccess(await root.aptGet('install', 'acme'));
    expect(await installedVersion(root.folder, 'acme')).toBe(version);
  }
});

it('moves what was promoted out of staging, and leaves no work behind', async () => {
  await packyard.stageRpm('moved', '1');
  const { id } = await packyard.promote(RPM);
  const promoted = join(packyard.stagingFolder, 'promoted', id, RPM);
  for (;;) {
    const work = await readdir(join(packyard.site.tree.folder, '.work'));
    if (!work.includes(id)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect((await readdir(promoted)).sort()).toEqual([
    'moved-1-1.noarch.rpm',
    'moved-1-1.noarch.rpm.sha256',
  ]);
  expect(await readdir(join(packyard.stagingFolder, RPM))).toEqual([]);
});

it('puts a DEB and an RPM live that are ordered together, and finds nothing staged for a second order', async () => {
  await packyard.stageDeb('both', '1', 'core/2025/deb/bookworm-all');
  await packyard.stageRpm('both', '1');
  const orders = [await packyard.order(DEB), await packyard.order(RPM), await packyard.order(DEB)];
  const signers = [DEB, RPM, DEB].map((place) => packyard.signer(place));
  const ended = await Promise.all(orders.map((id, i) => signers[i]!.see(id)));
  expect(ended.map(({ state }) => state)).toEqual(['live', 'live', 'failed']);
  expect(ended[2]?.error?.code).toBe('NOTHING_STAGED');
});

it('puts two DEB targets of one series live that are ordered at the same moment', async () => {
  const native = 'core/2025/deb/bookworm-amd64';
  const sample = { name: 'native', version: '1', architecture: 'amd64' };
  await packyard.stage(native, await buildDeb(packyard.site.folder, sample));
  await packyard.stageDeb('everywhere', '1');
  const ended = await Promise.all([native, DEB].map((place) => packyard.promote(place)));
  expect(ended.map(({ state }) => state)).toEqual(['live', 'live']);
  const [live] = await packyard.releases('format=deb');
  const packages = live!.packages.map(({ name, target }) => `${name} of ${target}`);
  expect(live!.live).toBe(true);
  expect(packages).toEqual(
    expect.arrayContaining(['native of bookworm-amd64', 'everywhere of bookworm-all']),
  );
});

it('refuses other content under a known name, and what is live stays', async () => {
  await packyard.stageRpm('fixed', '1');
  const release = await packyard.mustPromote(RPM);
  await packyard.stageRpm('fixed', '1'); // built anew: another build time
  const again = await packyard.promote(RPM);
  expect(again).toMatchObject({ state: 'failed', error: { code: 'PACKAGE_CONFLICT' } });
  expect((await packyard.releases('format=rpm'))[0]).toMatchObject({ id: release, live: true });
  await rm(join(packyard.stagingFolder, RPM), { recursive: true });
});

it('tells of it in events, which end with it', async () => {
  await packyard.stageRpm('told', '1');
  const id = await packyard.order(RPM);
  const url = `${packyard.site.packyard.admin}/api/v1/promotions/${id}/events`;
  const stream = fetch(url).then((answer) => answer.text());
  await packyard.signer(RPM).see(id);
  const events = (await stream).match(/^event: .*\ndata: .*$/gm) ?? [];
  expect(events.at(0)).toContain('"state":"queued"');
  expect(events.join('\n')).toMatch(/"step":"freeze"[^]*"step":"sign_metadata"[^]*"step":"switch"/);
  expect(events.at(-1)).toContain('"state":"live"');

  const last = /^id: (\d+)$/m.exec(await (await fetch(url)).text())?.[1];
  const rest = await (await fetch(url, { headers: { 'Last-Event-ID': last! } })).text();
  expect(rest).not.toContain(`id: ${last}\n`);
  expect(rest).toContain('"state":"live"');
});

it.each([
  [{ component: 'nope', series: '2025', format: 'rpm', target: 'el9-x86_64' }, 'UNKNOWN_COMPONENT'],
  [{ component: 'core', series: '1999', format: 'rpm', target: 'el9-x86_64' }, 'UNKNOWN_TARGET'],
  [{ component: 'core', series: '2025', format: 'rpm', target: '../x' }, 'UNKNOWN_TARGET'],
  [{ component: 'core', series: '2025', format: 'deb', target: 'bookworm' }, 'UNKNOWN_TARGET'],
  [{ component: 'core', series: '2025', format: 'zip', target: 'x' }, 'INVALID_REQUEST'],
])('takes no order for %j', async (order, code) => {
  const { body } = await packyard.call('POST', 'promotions', order);
  expect(body.code).toBe(code);
});
