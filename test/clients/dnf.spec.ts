import { DnfRoot } from './support/dnf-root.js';
import { makeRefusedKey, refusedKeys } from './support/refused-keys.js';
import { makeRpmRepository } from './support/repositories.js';
import { expectFailure, expectSuccess } from './support/run.js';
import { buildRpm, rpmVersions, installedVersion } from './support/sample-packages.js';
import { type Site, startSite } from './support/site.js';

describe('dnf', () => {
  let site: Site;
  let root: DnfRoot;

  const publish = (publication: string, name: string, version: string) =>
    site.tree.release(publication, (snapshot) => fill(snapshot, name, version));

  async function fill(folder: string, name: string, version: string) {
    const rpm = await buildRpm(site.folder, { name, version });
    await site.signingKey.signRpms([rpm]);
    await makeRpmRepository(folder, [rpm], site.signingKey);
  }

  /** The entry that the deployment document shows in section 9. */
  function documentEntry(path: string, key: string | undefined): string {
    const { gateway } = site.packyard;
    const withKey = key ? gateway.replace('://', `://subscriber:${key}@`) : gateway;
    return `[onms-lts-core]
name=LTS Core
baseurl=${withKey}${path}
enabled=1
gpgcheck=1
gpgkey=${gateway}/gpg/lts.asc
`;
  }

  /** The same with the key outside the URL, and with signed metadata. */
  function recommendedEntry(path: string, key: string | undefined): string {
    const credentials = key ? `username=subscriber\npassword=${key}\n` : '';
    return `${documentEntry(path, undefined)}repo_gpgcheck=1\n${credentials}`;
  }

  beforeAll(async () => {
    site = await startSite();
    await publish('rpm/core/2025/el9-x86_64', 'sample-core', rpmVersions.first);
    await publish('rpm/minion/2025/el9-x86_64', 'sample-minion', rpmVersions.first);
    await publish('rpm/community/2025/el9-x86_64', 'sample-community', rpmVersions.first);
    await site.tree.plainFolder('rpm/core/2024/el9-x86_64', (folder) =>
      fill(folder, 'sample-old', '1.0'),
    );
  });
  afterAll(() => site?.stop());

  beforeEach(async () => {
    root = await DnfRoot.create(site.folder);
  });

  it('installs with the entry of the deployment document', async () => {
    const { key } = await site.admin.createKey('core');
    await root.writeRepository(documentEntry('/rpm/core/2025/el9-x86_64/', key));

    const ran = await root.dnf('install', 'sample-core');

    expectSuccess(ran);
    expect(await installedVersion(root.folder, 'sample-core')).toBe(rpmVersions.first);
  });

  it('installs with username and password, and verifies the metadata', async () => {
    const { key } = await site.admin.createKey('core');
    await root.writeRepository(recommendedEntry('/rpm/core/2025/el9-x86_64/', key));

    const ran = await root.dnf('install', 'sample-core');

    expectSuccess(ran);
    expect(await installedVersion(root.folder, 'sample-core')).toBe(rpmVersions.first);
  });

  it('installs from a public component without a key', async () => {
    await root.writeRepository(recommendedEntry('/rpm/community/2025/el9-x86_64/', undefined));

    const ran = await root.dnf('install', 'sample-community');

    expectSuccess(ran);
    expect(await installedVersion(root.folder, 'sample-community')).toBe(rpmVersions.first);
  });

  it('installs from a plain folder put there by hand', async () => {
    const { key } = await site.admin.createKey('core');
    await root.writeRepository(recommendedEntry('/rpm/core/2024/el9-x86_64/', key));

    const ran = await root.dnf('install', 'sample-old');

    expectSuccess(ran);
    expect(await installedVersion(root.folder, 'sample-old')).toBe('1.0');
  });

  describe.each([
    ['in the URL', documentEntry],
    ['as password', recommendedEntry],
  ])('with the key %s', (place, entry) => {
    it.each(refusedKeys)('is refused with %s', async (kind) => {
      const key = await makeRefusedKey(kind, site.admin);
      await root.writeRepository(entry('/rpm/core/2025/el9-x86_64/', key));

      const ran = await root.dnf('install', 'sample-core');

      expectFailure(ran, 'Status code: 401');
      expect(await installedVersion(root.folder, 'sample-core')).toBeUndefined();
      if (key && place === 'as password') expect(ran.output).not.toContain(key);
    });
  });

  it('is refused where the key was revoked after an install', async () => {
    const { id, key } = await site.admin.createKey('core');
    await root.writeRepository(recommendedEntry('/rpm/core/2025/el9-x86_64/', key));
    expectSuccess(await root.dnf('makecache'));
    await site.admin.revokeKey(id);

    const ran = await root.dnf('install', 'sample-core');

    expectFailure(ran, 'Status code: 401');
  });

  it('upgrades once a new snapshot is live', async () => {
    const { key } = await site.admin.createKey('core');
    await root.writeRepository(recommendedEntry('/rpm/core/2025/el9-x86_64/', key));
    expectSuccess(await root.dnf('install', 'sample-core'));
    await publish('rpm/core/2025/el9-x86_64', 'sample-core', rpmVersions.second);

    const ran = await root.dnf('upgrade', '--refresh', 'sample-core');

    expectSuccess(ran);
    expect(await installedVersion(root.folder, 'sample-core')).toBe(rpmVersions.second);
  });
});
