import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buildTimeout } from '../clients/support/built-tools.js';
import { mustRun } from '../clients/support/run.js';
import { type Asked, HostileServer } from './support/hostile-server.js';
import { ImageSite, makeCosignKeys } from './support/image-site.js';

const ORDER = ['promote', 'core', '2025', 'oci', 'all'];
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** What cosign writes for a digest, as this test knows it. */
const payload = (reference: string, hex: string) =>
  `{"critical":{"identity":{"docker-reference":"${reference}"},"image":{"docker-manifest-digest":"sha256:${hex}"},"type":"cosign container image signature"},"optional":null}`;

describe('a server that lies about images', () => {
  let site: ImageSite;
  let server: HostileServer;
  const archives: string[] = [];
  /** The index first, then amd64 and arm64. */
  let digests: string[];

  beforeAll(async () => {
    site = await ImageSite.start();
    server = await HostileServer.start();
    const manifests: string[] = [];
    for (const architecture of ['amd64', 'arm64']) {
      const archive = await site.archive('1.0.0', architecture);
      const raw = await mustRun('skopeo', ['inspect', '--raw', `oci-archive:${archive}`]);
      manifests.push(
        `{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:${sha256(raw)}","size":${raw.length},"platform":{"architecture":"${architecture}","os":"linux"}}`,
      );
      await site.stage(`core/2025/oci/${architecture}`, archive, `core-${architecture}.tar`);
      archives.push(
        join(site.packyard.stagingFolder, `core/2025/oci/${architecture}/core-${architecture}.tar`),
      );
    }
    const index = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[${manifests.join(',')}],"annotations":{"org.opencontainers.image.version":"1.0.0"}}`;
    digests = [index, ...manifests].map((each, i) =>
      i === 0 ? sha256(each) : /sha256:([0-9a-f]{64})/.exec(each)![1]!,
    );
  }, buildTimeout);
  afterAll(async () => {
    server?.stop();
    await site?.stop();
  });
  beforeEach(() => {
    server.signatures.clear();
    server.orders.length = 0;
  });

  const name = () => `${site.host}/oci/lts-core`;
  const ask = (hex: string, identity: string, words: string): Asked => ({
    form: 'cosign',
    path: `snapshot/tree/signatures/${hex}/${identity}.json`,
    sha256: sha256(words),
  });
  const honest = () =>
    digests.flatMap((hex) => [
      ask(hex, 'repository', payload(name(), hex)),
      ask(hex, 'series', payload(`${name()}:2025`, hex)),
      ask(hex, 'version', payload(`${name()}:1.0.0`, hex)),
    ]);

  async function run(asks: readonly Asked[], args: string[] = [], env = {}) {
    Object.assign(server, { next: 0 });
    server.script = [() => ({ asks })];
    return site.ci([...ORDER, ...args], { PACKYARD_ADMIN_URL: server.url, ...env });
  }

  it('gets what it may ask for, which verifies with the public key', async () => {
    const { code, output } = await run(honest());
    expect([code, output]).toEqual([0, output]);
    expect(server.signatures.size).toBe(9);
    const key = join(site.keys.folder, 'cosign.pub');
    const [hex] = digests as [string];
    const words = join(site.folder, 'words');
    await writeFile(words, payload(`${name()}:2025`, hex));
    await writeFile(
      `${words}.sig`,
      server.signatures.get(`snapshot/tree/signatures/${hex}/series.json`)!,
    );
    await mustRun('openssl', [
      ...['dgst', '-sha256', '-verify', key, '-signature', `${words}.sig`, words],
    ]);
  });

  const other = 'e'.repeat(64);
  it.each<[string, () => Asked]>([
    [
      'another digest at a path of its own',
      () => ask(other, 'series', payload(`${name()}:2025`, other)),
    ],
    [
      'another digest at the path of ours',
      () => ask(digests[0]!, 'series', payload(`${name()}:2025`, other)),
    ],
    ['another series', () => ask(digests[0]!, 'series', payload(`${name()}:2024`, digests[0]!))],
    ['another version', () => ask(digests[0]!, 'version', payload(`${name()}:9.9.9`, digests[0]!))],
    [
      'another component',
      () => ask(digests[0]!, 'series', payload(`${site.host}/oci/lts-minion:2025`, digests[0]!)),
    ],
    [
      'another host',
      () => ask(digests[0]!, 'series', payload(`evil.example/oci/lts-core:2025`, digests[0]!)),
    ],
    [
      'words of another form',
      () => ({
        ...ask(digests[0]!, 'series', payload(`${name()}:2025`, digests[0]!)),
        form: 'detached',
      }),
    ],
    [
      'something that is no payload',
      () => ({ form: 'cosign', path: 'snapshot/tree/index.json', sha256: digests[0]! }),
    ],
  ])('gets no signature for %s', async (_what, lie) => {
    const { code, output } = await run([lie()]);
    expect([code, output]).toEqual([1, output]);
    expect(output).toMatch(/SIGNING_REFUSED: The server wants/);
    expect(server.signatures.size).toBe(0);
    expect(server.cancelled).toBeGreaterThan(0);
  });

  it('is not believed that an image is live which was not signed', async () => {
    const { code, output } = await run(honest().slice(0, 3));
    expect([code, output]).toEqual([1, output]);
    expect(output).toMatch(/was never signed here/);
  });

  it('gets nothing for what the build did not make', async () => {
    const list = join(site.folder, 'SHA256SUMS');
    const sums = await mustRun('sha256sum', archives);
    await writeFile(list, sums.replace(/^[0-9a-f]{64}/, '0'.repeat(64)));
    const wrong = await run(honest(), ['--expect', list]);
    expect([wrong.code, wrong.output]).toEqual([1, wrong.output]);
    expect(wrong.output).toContain(basename(archives[0]!));
    expect([server.orders, server.signatures.size]).toEqual([[], 0]);

    await writeFile(list, sums);
    const right = await run(honest(), ['--expect', list]);
    expect([right.code, right.output]).toEqual([0, right.output]);
  });

  it.each([
    ['no key', { COSIGN_PRIVATE_KEY: 'nonsense' }, /COSIGN_PRIVATE_KEY cannot be used/],
    ['another password', { COSIGN_PASSWORD: 'wrong' }, /does not open with this password/],
  ])('is not even asked with %s, and the key is told to nobody', async (_what, env, words) => {
    const { code, output } = await run(honest(), [], env);
    expect([code, output]).toEqual([1, output]);
    expect(output).toMatch(words);
    expect(output).not.toContain('PRIVATE KEY-----');
    expect(server.orders).toEqual([]);
  });

  it('is not even asked with a key that subscribers do not have', async () => {
    const strange = await makeCosignKeys(site.folder);
    const { code, output } = await run(honest(), [], {
      COSIGN_PRIVATE_KEY: await readFile(join(strange.folder, 'cosign.key'), 'utf8'),
      COSIGN_PASSWORD: strange.password,
    });
    expect([code, output]).toEqual([1, output]);
    expect(output).toMatch(/cosign.pub is of another key/);
    expect(server.orders).toEqual([]);
  });

  it('is not even asked where an architecture is not staged', async () => {
    await rm(archives[1]!);
    const { code, output } = await run(honest());
    expect([code, output]).toEqual([1, output]);
    expect(output).toMatch(/No image is staged for arm64/);
    expect(server.orders).toEqual([]);
  });
});
