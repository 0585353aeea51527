import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { buildTimeout } from './support/built-tools.js';
import { ImageClients } from './support/image-clients.js';
import { type RunningRegistry, startRegistry } from './support/registry.js';
import { makeDebRepository, makeRpmRepository } from './support/repositories.js';
import { expectSuccess } from './support/run.js';
import { makeImage } from './support/sample-image.js';
import { buildDeb, buildRpm } from './support/sample-packages.js';
import { type Site, startSite } from './support/site.js';

/** What the admin API says is published, of what createrepo_c, apt-ftparchive, gpg and a registry made. */
describe('what is published', () => {
  let folder: string;
  let registry: RunningRegistry;
  let site: Site;
  const began = Date.now() - 2000; // metadata know seconds

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packyard-published-'));
    registry = await startRegistry(folder, folder);
    site = await startSite({ REGISTRY_URL: `http://${registry.host}` });
    const sample = { name: 'sample', version: '1.0' };
    const rpm = await buildRpm(site.folder, sample);
    const deb = await buildDeb(site.folder, sample);
    await site.tree.release('rpm/core/2025/el9-x86_64', (snapshot) =>
      makeRpmRepository(snapshot, [rpm], site.signingKey),
    );
    await site.tree.release('deb/core/2025', (snapshot) =>
      makeDebRepository(snapshot, [deb], site.signingKey),
    );
    const image = await makeImage(folder, 'core');
    const clients = await ImageClients.create(folder);
    for (const tag of ['2024', '2025']) {
      const name = `${registry.host}/oci/lts-core:${tag}`;
      expectSuccess(await clients.crane('push', image.layout, name));
    }
  }, buildTimeout);
  afterAll(async () => {
    await site?.stop();
    await registry?.stop();
    await rm(folder, { recursive: true });
  });

  const read = async (path: string) =>
    (await request(site.packyard.admin).get(`/api/v1/${path}`).expect(200)).body;

  it('is with each component', async () => {
    const { published } = await read('components/core');
    const found = { series: '2025', state: 'published', signed: true, problem: null };
    expect(published.rpm[1]).toMatchObject({ ...found, target: 'el9-x86_64' });
    expect(published.deb[1]).toMatchObject({ ...found, distribution: 'bookworm' });
    for (const { published_at } of [published.rpm[1], published.deb[1]]) {
      expect(Date.parse(published_at)).toBeGreaterThan(began);
      expect(Date.parse(published_at)).toBeLessThanOrEqual(Date.now());
    }
    expect(Number(published.rpm[1].revision) * 1000).toBeGreaterThan(began);
    expect(published.rpm[0]).toMatchObject({ series: '2024', state: 'empty' });
    expect(published.oci).toEqual({ state: 'published', problem: null, tags: ['2024', '2025'] });
  });

  it('is nothing where there is nothing', async () => {
    const { published } = await read('components/minion');
    expect(published.rpm[0]).toMatchObject({ state: 'empty', published_at: null });
    expect(published.oci).toEqual({ state: 'empty', problem: null, tags: [] });
  });

  it('is in the status, with the key that it is signed with', async () => {
    const { health, warnings } = await read('status');
    expect(health.registry).toEqual({ up: true, problem: null });
    const { gpg, development } = health.signing_keys;
    expect(gpg).toEqual([
      expect.objectContaining({ fingerprint: expect.stringMatching(/^[0-9A-F]{40}$/) }),
    ]);
    expect(development).toBe(false);
    const messages = warnings.map(({ message }: { message: string }) => message).join('\n');
    expect(messages).toContain('Nothing is published of minion and community');
    expect(messages).not.toContain('no signature');
  });
});
