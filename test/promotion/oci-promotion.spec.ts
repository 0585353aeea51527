import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildTimeout } from '../clients/support/built-tools.js';
import { expectSuccess, mustRun } from '../clients/support/run.js';
import { ImageSite, IMAGES } from './support/image-site.js';

let site: ImageSite;
beforeAll(async () => {
  site = await ImageSite.start();
}, buildTimeout);
afterAll(() => site?.stop());

const clearStaging = () =>
  rm(join(site.packyard.stagingFolder, 'core'), { recursive: true, force: true });
afterEach(clearStaging);

/** Its manifests, by the registry. */
async function platformsOf(tag: string) {
  const image = `${site.registry}/oci/lts-core:${tag}`;
  const { manifests, annotations } = JSON.parse(await site.crane('manifest', '--insecure', image));
  return { manifests, annotations };
}

it('is live under its series and its version, signed for each name, on both architectures', async () => {
  await site.stageImage('1.0.0');
  const release = await site.mustPromote();

  const index = await site.digest('2025');
  expect(await site.digest('1.0.0')).toBe(index);
  const { manifests, annotations } = await platformsOf('2025');
  expect(annotations).toEqual({ 'org.opencontainers.image.version': '1.0.0' });
  expect(manifests).toMatchObject([
    { platform: { os: 'linux', architecture: 'amd64' } },
    { platform: { os: 'linux', architecture: 'arm64' } },
  ]);

  const image = `${site.registry}/oci/lts-core`;
  const digests = manifests.map(({ digest }: { digest: string }) => `@${digest}`);
  for (const reference of [':2025', ':1.0.0', ...digests]) {
    const verified = await site.cosignVerify(image + reference);
    expectSuccess(verified);
    const names = JSON.parse(verified.stdout).map(
      (each: { critical: { identity: Record<string, string> } }) =>
        each.critical.identity['docker-reference'],
    );
    const name = `${site.host}/oci/lts-core`;
    expect(names.sort()).toEqual([name, `${name}:1.0.0`, `${name}:2025`]);
  }

  const [live] = await site.packyard.releases('format=oci');
  expect(live).toMatchObject({ id: release, live: true, kind: 'promotion' });
  expect(live!.packages.map(({ name, version, path }) => [name, version, path])).toEqual(
    manifests.map(({ digest }: { digest: string }) => [
      'lts-core',
      '1.0.0',
      `blobs/sha256/${digest.slice(7)}`,
    ]),
  );
});

it('is pulled with a key of the component, through the gateway, as what it is', async () => {
  const { key } = await site.packyard.site.admin.createKey('core');
  const image = `${site.host}/oci/lts-core:2025`;
  await site.logIn(key);
  for (const architecture of ['amd64', 'arm64']) {
    const file = join(site.folder, `pulled-${architecture}.tar`);
    await site.crane('pull', '--insecure', '--platform', `linux/${architecture}`, image, file);
  }
  expect(await site.crane('digest', '--insecure', image)).toBe(await site.digest('2025'));
  expectSuccess(await site.cosignVerify(image));
});

it('takes the place of the version before, whose own tag stays', async () => {
  const before = await site.digest('2025');
  await site.stageImage('1.1.0');
  await site.mustPromote();
  expect(await site.digest('2025')).toBe(await site.digest('1.1.0'));
  expect(await site.digest('1.0.0')).toBe(before);
  expectSuccess(await site.cosignVerify(`${site.registry}/oci/lts-core:1.0.0`));
  const [live] = await site.packyard.releases('format=oci');
  expect(live!.packages.map(({ version }) => version)).toEqual(['1.1.0', '1.1.0']);
});

it('moves what was staged away, each architecture', async () => {
  await site.stageImage('1.2.0');
  await site.mustPromote();
  const promoted = join(site.packyard.stagingFolder, 'promoted');
  for (let tries = 100; ; tries--) {
    const moved = await readdir(promoted, { recursive: true });
    const images = moved.filter((each) => /oci\/(amd64|arm64)\/core-.*\.tar$/.test(each));
    if (images.length === 6) break;
    if (tries === 0) throw new Error(moved.join('\n'));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

it('is made of an archive of docker save too, for one architecture or each', async () => {
  const saved = await site.archive('1.3.0', 'amd64', 'core', 'docker-archive');
  await site.stage('core/2025/oci/amd64', saved, 'core-amd64.tar');
  await site.stage('core/2025/oci/arm64', await site.archive('1.3.0', 'arm64'), 'core-arm64.tar');
  await site.mustPromote();
  const { manifests } = await platformsOf('1.3.0');
  expect(new Set(manifests.map(({ mediaType }: { mediaType: string }) => mediaType))).toEqual(
    new Set(['application/vnd.oci.image.manifest.v1+json']),
  );
  const image = `${site.registry}/oci/lts-core:1.3.0`;
  for (const architecture of ['amd64', 'arm64']) {
    const pulled = `docker-archive:${join(site.folder, `saved-${architecture}.tar`)}`;
    const options = ['--src-tls-verify=false', '--override-arch', architecture];
    await mustRun('skopeo', ['copy', ...options, `docker://${image}`, pulled]);
  }
  expectSuccess(await site.cosignVerify(image));
});

it.each([
  ['a missing architecture, by its name', ['amd64'], 'NOTHING_STAGED', /core\/2025\/oci\/arm64/],
])('refuses %s', async (_what, architectures, code, message) => {
  await site.stageImage('9.0.0', { architectures });
  const before = await site.digest('2025');
  const ended = await site.packyard.promote(IMAGES);
  expect(ended).toMatchObject({ state: 'failed', error: { code } });
  expect(ended.error!.message).toMatch(message);
  expect(await site.digest('2025')).toBe(before);
});

it('refuses images of two versions, and says which', async () => {
  await site.stageImage('9.1.0', { architectures: ['amd64'] });
  await site.stageImage('9.2.0', { architectures: ['arm64'] });
  const ended = await site.packyard.promote(IMAGES);
  expect(ended).toMatchObject({ state: 'failed', error: { code: 'PACKAGE_REFUSED' } });
  expect(ended.error!.message).toMatch(/amd64: 9.1.0, arm64: 9.2.0/);
});

it('refuses an image that is staged for another architecture than it is of', async () => {
  await site.stage('core/2025/oci/amd64', await site.archive('9.3.0', 'arm64'));
  await site.stage('core/2025/oci/arm64', await site.archive('9.3.0', 'arm64'));
  const ended = await site.packyard.promote(IMAGES);
  expect(ended).toMatchObject({ state: 'failed', error: { code: 'PACKAGE_REFUSED' } });
  expect(ended.error!.message).toMatch(/staged for amd64 and holds no image for linux\/amd64/);
});

it('refuses another content under a version that is published, also one that is not live', async () => {
  for (const version of ['1.2.0', '1.0.0']) {
    await site.stage('core/2025/oci/amd64', await site.archive(version, 'amd64', 'other'));
    await site.stage('core/2025/oci/arm64', await site.archive(version, 'arm64', 'other'));
    const before = await site.digest(version);
    const ended = await site.packyard.promote(IMAGES);
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'PACKAGE_CONFLICT' } });
    expect(ended.error!.message).toContain(`lts-core:${version}`);
    expect(await site.digest(version)).toBe(before);
    await clearStaging();
  }
});

it('is promoted as all, and as nothing else', async () => {
  const { body } = await site.packyard.call('POST', 'promotions', {
    ...{ component: 'core', series: '2025', format: 'oci', target: 'amd64' },
  });
  expect(body.code).toBe('UNKNOWN_TARGET');
});
