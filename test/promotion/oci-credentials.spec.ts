import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegistryClient } from '../../src/promotion/oci/registry-client.js';
import { buildTimeout } from '../clients/support/built-tools.js';
import { ImageSite } from './support/image-site.js';

const login = { username: 'packyard', password: `ü:${randomBytes(12).toString('base64')}` };

let folder: string;
let passwordFile: string;
let site: ImageSite;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-registry-password-'));
  passwordFile = join(folder, 'password');
  await writeFile(passwordFile, 'of another registry\n');
  const settings = { REGISTRY_USERNAME: login.username, REGISTRY_PASSWORD_FILE: passwordFile };
  site = await ImageSite.start(settings, { login });
  await site.stageImage('1.0.0');
}, buildTimeout);
afterAll(async () => {
  await site?.stop();
  await rm(folder, { recursive: true, force: true });
});

const promote = () => site.ci(['promote', 'core', '2025', 'oci', 'all']);

it('says of a wrong password what to look at, and not the password', async () => {
  const { code, output } = await promote();
  expect(code).toBe(1);
  expect(output).toContain('answers 401 to GET /v2/: it does not let packyard do that');
  expect(output).toContain('REGISTRY_PASSWORD_FILE (or REGISTRY_PASSWORD) holds');
  const logged = JSON.stringify(site.packyard.site.packyard.logs);
  for (const text of [output, logged]) expect(text).not.toContain('another registry');
});

it('promotes with the password of the file, where nobody else may write and anyone reads', async () => {
  await writeFile(passwordFile, `${login.password}\n`);
  await site.crash();
  const { code, output } = await promote();
  expect([code, output]).toEqual([0, output]);

  const { key } = await site.packyard.site.admin.createKey('core');
  await site.logIn(key);
  const shown = JSON.parse(
    await site.crane('manifest', '--insecure', `${site.host}/oci/lts-core:2025`),
  );
  expect(shown.annotations).toEqual({ 'org.opencontainers.image.version': '1.0.0' });
});

it('says what to set where a registry asks, and nobody has said who writes', async () => {
  const nobody = new RegistryClient(site.faults.url);
  await nobody.ping();
  const bytes = Buffer.from('a layer');
  const blob = { digest: `sha256:${'0'.repeat(64)}`, size: bytes.length };
  await expect(nobody.pushBlob('oci/lts-core', blob, () => bytes)).rejects.toThrow(
    /answers 401 to POST .* Set REGISTRY_USERNAME and REGISTRY_PASSWORD_FILE\./,
  );
  await nobody.close();
});
