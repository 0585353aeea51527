import { makeRefusedKey, refusedKeys } from './support/refused-keys.js';
import { makeRpmRepository } from './support/repositories.js';
import { expectFailure, expectSuccess } from './support/run.js';
import { buildRpm, rpmVersions, installedVersion } from './support/sample-packages.js';
import { type Site, startSite } from './support/site.js';
import { ZypperRoot } from './support/zypper-root.js';

describe('zypper', () => {
  let site: Site;
  let root: ZypperRoot;

  async function publish(publication: string, name: string, version: string) {
    const rpm = await buildRpm(site.folder, { name, version });
    await site.signingKey.signRpms([rpm]);
    await site.tree.release(publication, (snapshot) =>
      makeRpmRepository(snapshot, [rpm], site.signingKey),
    );
  }

  /** A repository whose key is in credentials.d: zypper sends it once it is challenged. */
  async function addRepository(path: string, key: string | undefined): Promise<void> {
    const { gateway } = site.packyard;
    await root.write(
      'etc/zypp/repos.d/lts.repo',
      `[lts]
name=LTS
baseurl=${gateway}${path}${key ? '?credentials=lts' : ''}
enabled=1
autorefresh=1
gpgcheck=1
repo_gpgcheck=1
pkg_gpgcheck=1
gpgkey=${gateway}/gpg/lts.asc
`,
    );
    if (key)
      await root.write('etc/zypp/credentials.d/lts', `username=subscriber\npassword=${key}\n`);
  }

  beforeAll(async () => {
    site = await startSite();
    await publish('rpm/core/2025/el9-x86_64', 'sample-core', rpmVersions.first);
    await publish('rpm/minion/2025/el9-x86_64', 'sample-minion', rpmVersions.first);
    await publish('rpm/community/2025/el9-x86_64', 'sample-community', rpmVersions.first);
  });
  afterAll(() => site?.stop());

  beforeEach(async () => {
    root = await ZypperRoot.create(site.folder);
  });

  it('installs with credentials.d', async () => {
    const { key } = await site.admin.createKey('core');
    await addRepository('/rpm/core/2025/el9-x86_64', key);

    expectSuccess(await root.zypper('refresh'));
    expectSuccess(await root.zypper('install', 'sample-core'));

    expect(await installedVersion(root.folder, 'sample-core')).toBe(rpmVersions.first);
  });

  it('installs from a public component without a key', async () => {
    await addRepository('/rpm/community/2025/el9-x86_64', undefined);

    expectSuccess(await root.zypper('refresh'));
    expectSuccess(await root.zypper('install', 'sample-community'));

    expect(await installedVersion(root.folder, 'sample-community')).toBe(rpmVersions.first);
  });

  it.each(refusedKeys)('is refused with %s', async (kind) => {
    const key = await makeRefusedKey(kind, site.admin);
    await addRepository('/rpm/core/2025/el9-x86_64', key);

    const ran = await root.zypper('refresh');

    expectFailure(ran, 'Login failed');
    if (key) expect(ran.output).not.toContain(key);
  });

  it('is refused a package where the key was revoked after the refresh', async () => {
    const { id, key } = await site.admin.createKey('core');
    await addRepository('/rpm/core/2025/el9-x86_64', key);
    expectSuccess(await root.zypper('refresh'));
    await site.admin.revokeKey(id);

    const ran = await root.zypper('--no-refresh', 'install', 'sample-core');

    expectFailure(ran, 'Login failed');
    expect(await installedVersion(root.folder, 'sample-core')).toBeUndefined();
  });

  it('upgrades once a new snapshot is live', async () => {
    const { key } = await site.admin.createKey('core');
    await addRepository('/rpm/core/2025/el9-x86_64', key);
    expectSuccess(await root.zypper('refresh'));
    expectSuccess(await root.zypper('install', 'sample-core'));
    await publish('rpm/core/2025/el9-x86_64', 'sample-core', rpmVersions.second);

    expectSuccess(await root.zypper('refresh', '--force'));
    expectSuccess(await root.zypper('update', 'sample-core'));

    expect(await installedVersion(root.folder, 'sample-core')).toBe(rpmVersions.second);
  });
});
