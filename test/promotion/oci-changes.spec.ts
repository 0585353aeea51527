import { keptReleases } from '../../src/promotion/deliver-live.js';
import { deliverImage } from '../../src/promotion/oci/deliver-image.js';
import { forgetImage } from '../../src/promotion/oci/forget-image.js';
import { RegistryClient } from '../../src/promotion/oci/registry-client.js';
import { SnapshotTree } from '../../src/promotion/tree/snapshot-tree.js';
import { buildTimeout } from '../clients/support/built-tools.js';
import { expectSuccess } from '../clients/support/run.js';
import { ImageSite } from './support/image-site.js';
import type { Promotion } from './support/willing-signer.js';

/** A layer of an image that is kept no longer, and of no other. */
let layerOfGone: string;

/** What went live one after the other, and the digest of its index. */
const releases: { id: string; digest: string }[] = [];

let site: ImageSite;
beforeAll(async () => {
  site = await ImageSite.start();
  for (const version of ['1.0.0', '2.0.0']) {
    await site.stageImage(version);
    const id = await site.mustPromote();
    releases.push({ id, digest: await site.digest('2025') });
  }
}, buildTimeout);
afterAll(() => site?.stop());

const image = (reference: string) => `${site.registry}/oci/lts-core${reference}`;
const exists = (reference: string) =>
  site.crane('digest', '--insecure', image(reference)).then(
    () => true,
    () => false,
  );
const platformsOf = async (tag: string): Promise<string[]> =>
  JSON.parse(await site.crane('manifest', '--insecure', image(`:${tag}`))).manifests.map(
    ({ digest }: { digest: string }) => digest,
  );

const layerOf = async (digest: string): Promise<string> =>
  JSON.parse(await site.crane('manifest', '--insecure', image(`@${digest}`))).layers[0].digest;
const hasBlob = (digest: string) =>
  fetch(`http://${site.registry}/v2/oci/lts-core/blobs/${digest}`, { method: 'HEAD' }).then(
    ({ ok }) => ok,
  );

const newest = async () =>
  (await site.packyard.call<Promotion[]>('GET', 'promotions?limit=1')).body[0]!;

async function whenEnded(id: string): Promise<Promotion> {
  for (;;) {
    const promotion = await site.packyard.get(id);
    if (['live', 'failed', 'cancelled'].includes(promotion.state)) return promotion;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it('goes back without a key, to what was signed then', async () => {
  const { code, output } = await site.ci(['rollback', releases[0]!.id], {
    COSIGN_PRIVATE_KEY: '',
    COSIGN_PASSWORD: '',
  });
  expect([code, output]).toEqual([0, output]);
  expect(await site.digest('2025')).toBe(releases[0]!.digest);
  expect(await site.digest('2.0.0')).toBe(releases[1]!.digest);
  expectSuccess(await site.cosignVerify(image(':2025')));
  const [live] = await site.packyard.releases('format=oci');
  expect(live).toMatchObject({ live: true, kind: 'rollback' });
  expect(live!.packages.map(({ version }) => version)).toEqual(['1.0.0', '1.0.0']);
});

async function withdraw(release: string, version: string, now: boolean): Promise<void> {
  const { status, body } = await site.packyard.call<Promotion & { needs_signer: boolean }>(
    ...(['POST', 'withdrawals', { release, packages: [version], now }] as const),
  );
  expect([status, body.needs_signer]).toEqual([202, false]);
  expect(await whenEnded(body.id)).toMatchObject({ state: 'live', error: null });
}

/** That an image has no name any more, and that everything else of it is there, signed, or nothing is. */
async function expectUnnamed(version: string, digests: string[], isThere: boolean): Promise<void> {
  expect(await exists(`:${version}`)).toBe(false);
  for (const digest of digests) {
    expect([digest, await exists(`@${digest}`)]).toEqual([digest, isThere]);
    expect(await exists(`:sha256-${digest.slice(7)}.sig`)).toBe(isThere);
    if (isThere) expectSuccess(await site.cosignVerify(image(`@${digest}`)));
  }
}

it('withdraws what is live not at all, and of another version the name, then all of it', async () => {
  const live = (await site.packyard.releases('format=oci'))[0]!;
  const refused = await site.packyard.call('POST', 'withdrawals', {
    ...{ release: live.id, packages: ['1.0.0'] },
  });
  expect(refused.body.code).toBe('IMAGE_LIVE');

  const digests = [releases[1]!.digest, ...(await platformsOf('2.0.0'))];
  await withdraw(releases[1]!.id, '2.0.0', false);
  await expectUnnamed('2.0.0', digests, true);
  const back = await site.packyard.call('POST', 'rollbacks', { release: releases[1]!.id });
  expect(back.body.code).toBe('PACKAGE_WITHDRAWN');

  await withdraw(releases[1]!.id, '2.0.0', true);
  await expectUnnamed('2.0.0', digests, false);
  expect(await site.digest('2025')).toBe(releases[0]!.digest);
  expectSuccess(await site.cosignVerify(image(':2025')));
});

it('is delivered once the registry takes it, however often that fails, and cannot be cancelled then', async () => {
  await site.stageImage('3.0.0');
  const before = await site.digest('2025');
  site.faults.broken = /^PUT .*\/manifests\/2025$/;
  const running = site.ci(['promote', 'core', '2025', 'oci', 'all']);
  let promotion: Promotion;
  for (;;) {
    const [newest] = (await site.packyard.call<Promotion[]>('GET', 'promotions?limit=1')).body;
    promotion = newest!;
    if (promotion.warnings.length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(promotion.warnings).toEqual([expect.stringContaining('answers 500')]);
  expect(promotion.state).toBe('running');
  expect(await site.digest('2025')).toBe(before);
  await site.packyard.call('POST', `promotions/${promotion.id}/cancel`);
  site.faults.broken = undefined;

  const { code, output } = await running;
  expect([code, output]).toEqual([0, output]);
  expect(await whenEnded(promotion.id)).toMatchObject({ state: 'live', error: null });
  expect(await site.digest('2025')).toBe(await site.digest('3.0.0'));
  expectSuccess(await site.cosignVerify(image(':2025')));
});

it('moves the tag of the series behind everything else', () => {
  const puts = site.faults.asked.filter(
    (call) => call.startsWith('PUT') && call.includes('/manifests/'),
  );
  expect(puts.at(-1)).toMatch(/\/manifests\/2025$/);
  const first = puts.findIndex((call) => call.endsWith('/manifests/2025'));
  expect(puts.slice(0, first).some((call) => call.endsWith('.sig'))).toBe(true);
  expect(puts.slice(0, first).some((call) => call.endsWith('/manifests/1.0.0'))).toBe(true);
});

it('is delivered by the next start where the registry was set back', async () => {
  const live = await site.digest('2025');
  await site.crane('tag', '--insecure', image(':1.0.0'), '2025');
  expect(await site.digest('2025')).not.toBe(live);
  await site.crash();
  for (let tries = 100; (await site.digest('2025')) !== live; tries--) {
    if (tries === 0) throw new Error('the tag was not put right');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

it('says what a promotion would change, by what is live and verifies', async () => {
  await site.stageImage('4.0.0');
  await site.mustPromote();
  const ordered = (await newest()).id;
  await site.stageImage('5.0.0');
  const { code, output } = await site.ci(['promote', 'core', '2025', 'oci', 'all', '--dry-run'], {
    COSIGN_PRIVATE_KEY: '',
  });
  expect([code, output]).toEqual([0, output]);
  expect(output).toContain(`${await site.digest('2025')}, verified`);
  const wanted = /replace version 5\.0\.0: (sha256:[0-9a-f]{64})/.exec(output)?.[1];
  expect((await newest()).id).toBe(ordered);
  await site.mustPromote();
  expect(await site.digest('2025')).toBe(wanted);
});

const publication = { component: 'core', series: '2025', format: 'oci' } as const;
const clock = { now: () => new Date(), milliseconds: () => Date.now() };

it('lets go of what is kept no longer, and of nothing that is', async () => {
  const tree = new SnapshotTree(site.packyard.site.tree.folder, clock);
  const registry = new RegistryClient(site.faults.url);
  const kept = await keptReleases(tree, publication);
  const of = (version: string) =>
    kept.filter(({ document }) => document.packages[0]!.version === version);
  const gone = of('3.0.0')[0]!;
  const platforms = await platformsOf('3.0.0');
  const digests = [await site.digest('3.0.0'), ...platforms];
  layerOfGone = await layerOf(platforms[0]!);

  await forgetImage(gone.document.packages, kept, registry, clock.now());
  expectSuccess(await site.cosignVerify(image(':3.0.0')));

  const others = kept.filter((each) => !of('3.0.0').includes(each));
  await forgetImage(gone.document.packages, others, registry, clock.now());
  await registry.close();
  for (const digest of digests) {
    expect(await exists(`@${digest}`)).toBe(false);
    expect(await exists(`:sha256-${digest.slice(7)}.sig`)).toBe(false);
  }
  for (const version of ['1.0.0', '4.0.0', '5.0.0', '2025']) {
    for (const digest of await platformsOf(version)) {
      expectSuccess(await site.cosignVerify(image(`@${digest}`)));
    }
    expectSuccess(await site.cosignVerify(image(`:${version}`)));
  }
});

it('keeps every platform and signature of what is kept through the garbage collection of the registry', async () => {
  expect(await hasBlob(layerOfGone)).toBe(true);
  await site.collectGarbage();
  expect(await hasBlob(layerOfGone)).toBe(false);
  for (const version of ['1.0.0', '4.0.0', '5.0.0', '2025']) {
    expectSuccess(await site.cosignVerify(image(`:${version}`)));
    for (const digest of await platformsOf(version)) {
      expectSuccess(await site.cosignVerify(image(`@${digest}`)));
      await site.crane('validate', '--insecure', '--remote', image(`@${digest}`));
    }
  }
});

it('lets go of what was withdrawn with the first delivery after 14 days', async () => {
  const of4 = (await site.packyard.releases('format=oci')).find(
    ({ packages }) => packages[0]!.version === '4.0.0',
  );
  const digests = [await site.digest('4.0.0'), ...(await platformsOf('4.0.0'))];
  await withdraw(of4!.id, '4.0.0', false);
  await site.collectGarbage();
  await expectUnnamed('4.0.0', digests, true);

  const tree = new SnapshotTree(site.packyard.site.tree.folder, clock);
  const registry = new RegistryClient(site.faults.url);
  const kept = await keptReleases(tree, publication);
  const live = kept.at(-1)!;
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
  await deliverImage(live, kept, registry, inDays(13.9));
  await expectUnnamed('4.0.0', digests, true);
  await deliverImage(live, kept, registry, inDays(14.1));
  await expectUnnamed('4.0.0', digests, false);
  await registry.close();
  for (const version of ['1.0.0', '5.0.0', '2025']) {
    expectSuccess(await site.cosignVerify(image(`:${version}`)));
  }
});
