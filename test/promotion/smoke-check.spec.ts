import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heldToScope, type RunningNginx, startNginx } from '../clients/support/nginx.js';
import { DEB, PromotionSite, RPM } from './support/promotion-site.js';

let home: string;
let nginx: RunningNginx;
let packyard: PromotionSite;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'packyard-smoke-'));
  const published = join(home, 'published');
  await mkdir(published);
  await symlink(published, join(home, 'served'));
  nginx = await startNginx(home, join(home, 'served'), heldToScope);
  packyard = await PromotionSite.start({
    PUBLISHED_DIR: published,
    RPM_FILES_URL: nginx.baseUrl,
  });
});
afterAll(async () => {
  await packyard?.stop();
  await nginx?.stop();
  await rm(home, { recursive: true, force: true });
});

async function warningsOf(place: string, version: string): Promise<string[]> {
  if (place === RPM) await packyard.stageRpm('acme', version);
  else await packyard.stageDeb('acme', version);
  const promotion = await packyard.promote(place);
  expect(promotion).toMatchObject({ state: 'live', error: null });
  return promotion.warnings;
}

it('finds nothing where the file server serves what has become live', async () => {
  expect(await warningsOf(RPM, '1')).toEqual([]);
  expect(await warningsOf(DEB, '1')).toEqual([]); // the gateway
});

it('warns where the file server serves something else, and the status says so', async () => {
  await mkdir(join(home, 'copy/rpm/core/2025/el9-x86_64/repodata'), { recursive: true });
  await symlink(join(home, 'copy'), join(home, 'other'));
  await rename(join(home, 'other'), join(home, 'served'));
  const [warning] = await warningsOf(RPM, '2');
  expect(warning).toMatch(/^It is live, and .*\/el9-x86_64\/repodata\/repomd\.xml.* was 404\./);
  const { body } = await packyard.call<{ warnings: object[] }>('GET', 'status');
  expect(JSON.stringify(body.warnings)).toContain(warning);
});

it('warns where the file server serves an earlier release', async () => {
  const [, earlier] = await packyard.releases('format=rpm');
  const snapshots = join(home, 'published/.snap/rpm/core/2025/el9-x86_64');
  await rm(join(home, 'copy/rpm/core/2025/el9-x86_64'), { recursive: true });
  await symlink(join(snapshots, earlier!.id, 'tree'), join(home, 'copy/rpm/core/2025/el9-x86_64'));
  expect(await warningsOf(RPM, '3')).toEqual([
    expect.stringContaining('what it served is not what this release has'),
  ]);
});

it('warns where nobody serves', async () => {
  await nginx.stop();
  expect(await warningsOf(RPM, '4')).toEqual([
    expect.stringMatching(/there was no answer: .*ECONNREFUSED/),
  ]);
});
