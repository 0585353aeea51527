import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from './support/run.js';
import { type Site, startSite } from './support/site.js';

/** Sections 8 and 9 of the deployment document, command by command, in its order. */
describe('post-deployment validation', () => {
  const repomd = (component: string, series = '2025') =>
    `${site.packyard.gateway}/rpm/${component}/${series}/el9-x86_64/repodata/repomd.xml`;

  let site: Site;
  const keys: Record<string, string> = {};

  beforeAll(async () => {
    site = await startSite();
    for (const component of ['core', 'minion']) {
      await site.tree.release(`rpm/${component}/2025/el9-x86_64`, async (snapshot) => {
        await mkdir(join(snapshot, 'repodata'));
        await writeFile(join(snapshot, 'repodata/repomd.xml'), '<repomd/>');
      });
    }
  });
  afterAll(() => site?.stop());

  const curl = (...args: string[]) => mustRun('curl', args);

  it('5. the admin API answers with an array, empty as long as there are no keys', async () => {
    expect(JSON.parse(await curl('-s', `${site.packyard.admin}/api/v1/keys`))).toEqual([]);
  });

  it("9. a subscriber's key is made", async () => {
    for (const component of ['core', 'minion']) {
      const body = JSON.stringify({ component, label: 'Acme Corp — Core' });
      const json = ['-H', 'Content-Type: application/json', '-d', body];
      const made = await curl('-s', '-X', 'POST', `${site.packyard.admin}/api/v1/keys`, ...json);
      keys[component] = (JSON.parse(made) as { key: string }).key;
      expect(keys[component]).toMatch(/^pky_[0-9A-Za-z]{38}$/);
    }
  });

  it('1. the GPG key is public', async () => {
    const head = await curl('-sI', `${site.packyard.gateway}/gpg/lts.asc`);

    expect(head).toMatch(/^HTTP\/1.1 200 /);
    expect(head).toMatch(/^content-type: text\/plain/im);
  });

  it('2. a request without a key is rejected', async () => {
    const head = await curl('-sI', repomd('core'));

    expect(head).toMatch(/^HTTP\/1.1 401 /);
    expect(head).toMatch(/^www-authenticate: Basic realm="Packyard", charset="UTF-8"\r$/im);
  });

  it('3. a valid key is accepted', async () => {
    const head = await curl('-sI', '-u', `subscriber:${keys.core}`, repomd('core'));

    expect(head).toMatch(/^HTTP\/1.1 200 /);
  });

  it('3. a valid key is accepted where nothing is published yet', async () => {
    const head = await curl('-sI', '-u', `subscriber:${keys.core}`, repomd('core', '2024'));

    expect(head).toMatch(/^HTTP\/1.1 404 /);
  });

  it("4. another component's key is rejected", async () => {
    const head = await curl('-sI', '-u', `subscriber:${keys.core}`, repomd('minion'));

    expect(head).toMatch(/^HTTP\/1.1 401 /);
  });

  it('5. the admin API is nowhere that subscribers reach', async () => {
    const credentials = ['-u', `subscriber:${keys.core}`];
    const head = await curl('-sI', ...credentials, `${site.packyard.gateway}/api/v1/keys`);

    expect(head).toMatch(/^HTTP\/1.1 403 /);
  });
});
