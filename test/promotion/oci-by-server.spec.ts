import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTimeout } from '../clients/support/built-tools.js';
import { expectSuccess } from '../clients/support/run.js';
import { ImageSite } from './support/image-site.js';

let site: ImageSite;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packyard-keys-'));
  await mkdir(join(folder, 'none'));
  site = await ImageSite.start({ PUBLIC_KEYS_DIR: join(folder, 'none') });
}, buildTimeout);
afterAll(() => site?.stop());

it('signs images with its development key, which cosign verifies', async () => {
  await site.stageImage('1.0.0');
  const { code, output } = await site.ci(['promote', 'core', '2025', 'oci', 'all'], {
    COSIGN_PRIVATE_KEY: '',
    COSIGN_PASSWORD: '',
  });
  expect([code, output]).toEqual([0, output]);
  const keys = join(site.packyard.site.folder, 'data/development-keys/public');
  const image = `${site.registry}/oci/lts-core:2025`;
  expectSuccess(await site.cosignVerify(image, join(keys, 'cosign.pub')));
  expect((await site.cosignVerify(image)).code).not.toBe(0);
});
