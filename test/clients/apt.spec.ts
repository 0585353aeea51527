import { AptRoot } from './support/apt-root.js';
import { makeRefusedKey, refusedKeys } from './support/refused-keys.js';
import { makeDebRepository } from './support/repositories.js';
import { expectFailure, expectSuccess } from './support/run.js';
import { buildDeb, debVersions, installedVersion } from './support/sample-packages.js';
import { type Site, startSite } from './support/site.js';

describe('apt', () => {
  let site: Site;
  let root: AptRoot;

  const publish = (publication: string, name: string, version: string) =>
    site.tree.release(publication, (snapshot) => fill(snapshot, name, version));

  async function fill(folder: string, name: string, version: string) {
    const deb = await buildDeb(site.folder, { name, version });
    await makeDebRepository(folder, [deb], site.signingKey);
  }

  /** A deb822 source with its key in `Signed-By`. */
  async function addSource(path: string): Promise<void> {
    await root.write('etc/apt/keyrings/lts.asc', await site.signingKey.publicKey());
    await root.write(
      'etc/apt/sources.list.d/lts.sources',
      `Types: deb
URIs: ${site.packyard.gateway}${path}
Suites: bookworm
Components: main
Signed-By: ${root.folder}/etc/apt/keyrings/lts.asc
`,
    );
  }

  /** The key where apt does not print it. Without `http://` apt would send it over TLS alone. */
  function addCredentials(key: string): Promise<void> {
    const { host } = new URL(site.packyard.gateway);
    return root.write(
      'etc/apt/auth.conf.d/lts.conf',
      `machine http://${host}/deb/ login subscriber password ${key}\n`,
    );
  }

  beforeAll(async () => {
    site = await startSite();
    await publish('deb/core/2025', 'sample-core', debVersions.first);
    await publish('deb/minion/2025', 'sample-minion', debVersions.first);
    await publish('deb/community/2025', 'sample-community', debVersions.first);
    await site.tree.plainFolder('deb/core/2024', (folder) => fill(folder, 'sample-old', '1.0'));
  });
  afterAll(() => site?.stop());

  beforeEach(async () => {
    root = await AptRoot.create(site.folder);
  });

  it('installs with auth.conf.d and Signed-By', async () => {
    const { key } = await site.admin.createKey('core');
    await addSource('/deb/core/2025/');
    await addCredentials(key);

    expectSuccess(await root.aptGet('update'));
    expectSuccess(await root.aptGet('install', 'sample-core'));

    expect(await installedVersion(root.folder, 'sample-core')).toBe(debVersions.first);
  });

  it('installs from a public component without a key', async () => {
    await addSource('/deb/community/2025/');

    expectSuccess(await root.aptGet('update'));
    expectSuccess(await root.aptGet('install', 'sample-community'));

    expect(await installedVersion(root.folder, 'sample-community')).toBe(debVersions.first);
  });

  it('installs from a plain folder put there by hand', async () => {
    const { key } = await site.admin.createKey('core');
    await addSource('/deb/core/2024/');
    await addCredentials(key);

    expectSuccess(await root.aptGet('update'));
    expectSuccess(await root.aptGet('install', 'sample-old'));

    expect(await installedVersion(root.folder, 'sample-old')).toBe('1.0');
  });

  it('does not fetch what has not changed', async () => {
    const { key } = await site.admin.createKey('core');
    await addSource('/deb/core/2025/');
    await addCredentials(key);

    const first = await root.aptGet('update');
    const second = await root.aptGet('update');

    expectSuccess(first);
    expectSuccess(second);
    const source = `${site.packyard.gateway}/deb/core/2025 bookworm InRelease`;
    expect(first.output).toContain(`Get:1 ${source}`);
    expect(second.output).toContain(`Hit:1 ${source}`);
  });

  it.each(refusedKeys)('is refused with %s', async (kind) => {
    const key = await makeRefusedKey(kind, site.admin);
    await addSource('/deb/core/2025/');
    if (key) await addCredentials(key);

    const ran = await root.aptGet('update');

    expectFailure(ran, '401  Unauthorized');
    if (key) expect(ran.output).not.toContain(key);
  });

  it('is refused a package where the key was revoked after the update', async () => {
    const { id, key } = await site.admin.createKey('core');
    await addSource('/deb/core/2025/');
    await addCredentials(key);
    expectSuccess(await root.aptGet('update'));
    await site.admin.revokeKey(id);

    const ran = await root.aptGet('install', 'sample-core');

    expectFailure(ran, '401  Unauthorized');
    expect(await installedVersion(root.folder, 'sample-core')).toBeUndefined();
  });

  it('upgrades once a new snapshot is live', async () => {
    const { key } = await site.admin.createKey('core');
    await addSource('/deb/core/2025/');
    await addCredentials(key);
    expectSuccess(await root.aptGet('update'));
    expectSuccess(await root.aptGet('install', 'sample-core'));
    await publish('deb/core/2025', 'sample-core', debVersions.second);

    expectSuccess(await root.aptGet('update'));
    expectSuccess(await root.aptGet('install', 'sample-core'));

    expect(await installedVersion(root.folder, 'sample-core')).toBe(debVersions.second);
  });
});
