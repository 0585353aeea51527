import { INDEX_TYPE, MANIFEST_TYPE } from '../../src/promotion/oci/descriptor.js';
import { buildTimeout } from '../clients/support/built-tools.js';
import { expectSuccess } from '../clients/support/run.js';
import { until } from '../support/until.js';
import { ImageSite } from './support/image-site.js';
import type { Promotion } from './support/willing-signer.js';

let site: ImageSite;
beforeAll(async () => {
  site = await ImageSite.start();
  await site.stageImage('1.0.0');
  await site.mustPromote();
}, buildTimeout);
afterAll(() => site?.stop());

const SERIES_TAG = /^PUT .*\/manifests\/2025$/;

/** Of the registry, which may have none of that name. */
const digestOf = (tag: string) => site.digest(tag).catch(() => undefined);
const image = (tag: string) => `${site.registry}/oci/lts-core:${tag}`;

/** Kills the process at that call of the registry, and has the workflow of CI wait for what comes of it. */
async function crashAt(call: RegExp, carriedOut: boolean, meanwhile: () => Promise<void>) {
  const reached = site.faults.holdNext(call, { carriedOut });
  const running = site.ci(['promote', 'core', '2025', 'oci', 'all']);
  await Promise.race([
    reached,
    running.then(({ output }) => {
      throw new Error(`it ended before the crash\n${output}`);
    }),
  ]);
  await meanwhile();
  await site.crash();
  const { code, output } = await running;
  expect([code, output]).toEqual([0, output]);
}

async function expectLive(version: string): Promise<void> {
  const index = await site.digest('2025');
  expect(await site.digest(version)).toBe(index);
  for (const tag of [version, '2025']) expectSuccess(await site.cosignVerify(image(tag)));
  const [live] = await site.packyard.releases('format=oci');
  expect(live).toMatchObject({ live: true, packages: [{ version }, { version }] });
  expect(await newest()).toMatchObject({ state: 'live', error: null });
}

const newest = async () =>
  (await site.packyard.call<Promotion[]>('GET', 'promotions?limit=1')).body[0];

it('killed with one of its layers in the registry, promotes what was staged', async () => {
  await site.stageImage('2.0.0');
  const before = await site.digest('2025');
  await crashAt(/^PUT .*\/blobs\/uploads\//, true, async () => {
    expect(await digestOf('2.0.0')).toBeUndefined();
    expect(await digestOf('2025')).toBe(before);
  });
  await expectLive('2.0.0');
});

it('killed between the tag of the version and that of the series, moves that too', async () => {
  await site.stageImage('3.0.0');
  const before = await site.digest('2025');
  await crashAt(SERIES_TAG, false, async () => {
    expect(await digestOf('3.0.0')).not.toBeUndefined();
    expect(await digestOf('2025')).toBe(before);
  });
  await expectLive('3.0.0');
});

it('killed once the series names it, has it recorded as live, and changes no tag', async () => {
  await site.stageImage('4.0.0');
  let moved: string | undefined;
  await crashAt(SERIES_TAG, true, async () => {
    moved = await digestOf('2025');
    expect(moved).toBe(await digestOf('4.0.0'));
  });
  await expectLive('4.0.0');
  expect(await digestOf('2025')).toBe(moved);
  // The tag of a version was put where there was none, and never again.
  const puts = site.faults.asked.filter((call) => /^PUT .*\/manifests\/4\.0\.0$/.test(call));
  expect(puts).toHaveLength(1);
});

it('killed in the middle of a withdrawal, takes the rest away', async () => {
  const release = (await site.packyard.releases('format=oci')).find(
    ({ packages }) => packages[0]!.version === '3.0.0',
  );
  const index = await site.digest('3.0.0');
  const reached = site.faults.holdNext(/^DELETE /, { carriedOut: true });
  const { status } = await site.packyard.call('POST', 'withdrawals', {
    ...{ release: release!.id, packages: ['3.0.0'], now: true },
  });
  expect(status).toBe(202);
  await reached;
  await site.crash();
  await until(async () => (await newest())?.state === 'live', 30_000);
  const identities = release!.packages.map(({ path }) => path.split('/').at(-1)!);
  const gone = ['3.0.0', ...[index.slice(7), ...identities].map((hex) => `sha256-${hex}.sig`)];
  const tags = (await site.crane('ls', '--insecure', `${site.registry}/oci/lts-core`)).split('\n');
  expect(tags.filter((tag) => gone.includes(tag))).toEqual([]);
  for (const hex of [index.slice(7), ...identities]) {
    const { status: found } = await fetch(
      `http://${site.registry}/v2/oci/lts-core/manifests/sha256:${hex}`,
      { headers: { Accept: `${INDEX_TYPE}, ${MANIFEST_TYPE}` } },
    );
    expect(found).toBe(404);
  }
  await expectLive('4.0.0');
});
