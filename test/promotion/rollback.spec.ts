import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { expectFailure, expectSuccess } from '../clients/support/run.js';
import { installedVersion } from '../clients/support/sample-packages.js';
import { DEB, PromotionSite, RPM } from './support/promotion-site.js';
import type { Promotion } from './support/willing-signer.js';

let packyard: PromotionSite;
beforeAll(async () => {
  packyard = await PromotionSite.start();
});
afterAll(() => packyard?.stop());

type Ordered = Promotion & { needs_signer: boolean; client_command: string };

async function rollBack(release: string, place: string): Promise<Ordered> {
  const { status, body } = await packyard.call<Ordered>('POST', 'rollbacks', { release });
  expect([status, body]).toEqual([202, body]);
  const ended = await packyard.signer(place).see(body.id);
  expect(ended).toMatchObject({ state: 'live', error: null });
  return { ...body, ...ended };
}

describe('a rollback of RPM', () => {
  it('brings new machines the earlier version, and takes an upgraded one back', async () => {
    const [fresh, upgraded] = [await packyard.dnf(), await packyard.dnf()];
    const [freshSuse, upgradedSuse] = [await packyard.zypper(), await packyard.zypper()];
    await packyard.stageRpm('acme', '1');
    const first = await packyard.mustPromote(RPM);
    await packyard.stageRpm('acme', '2');
    const second = await packyard.mustPromote(RPM);
    expectSuccess(await upgraded.dnf('install', 'acme'));
    expect(await installedVersion(upgraded.folder, 'acme')).toBe('2');
    expectSuccess(await upgradedSuse.zypper('install', 'acme'));
    expect(await installedVersion(upgradedSuse.folder, 'acme')).toBe('2');

    const { needs_signer, client_command, release } = await rollBack(first, RPM);

    expect([needs_signer, client_command]).toEqual([false, 'dnf distro-sync']);
    expect(release).not.toBe(first);
    expectSuccess(await fresh.dnf('install', 'acme'));
    expect(await installedVersion(fresh.folder, 'acme')).toBe('1');
    expectSuccess(await upgraded.dnf('distro-sync', '--refresh'));
    expect(await installedVersion(upgraded.folder, 'acme')).toBe('1');

    expectSuccess(await freshSuse.zypper('install', 'acme'));
    expect(await installedVersion(freshSuse.folder, 'acme')).toBe('1');
    expectSuccess(await upgradedSuse.zypper('refresh', '--force'));
    expectSuccess(await upgradedSuse.zypper('dup', '--allow-downgrade', '--from', 'lts'));
    expect(await installedVersion(upgradedSuse.folder, 'acme')).toBe('1');

    await rollBack(second, RPM);
    expectSuccess(await fresh.dnf('upgrade', '--refresh', 'acme'));
    expect(await installedVersion(fresh.folder, 'acme')).toBe('2');
  });

  it('does not come undone by the next promotion', async () => {
    await packyard.stageRpm('bad', '1');
    const before = (await packyard.releases('format=rpm')).find(({ live }) => live)!.id;
    await packyard.mustPromote(RPM);
    await rollBack(before, RPM);
    await packyard.stageRpm('other', '1');
    await packyard.mustPromote(RPM);
    const [live] = await packyard.releases('format=rpm');
    const names = live!.packages.map(({ name }) => name);
    expect(names).toContain('other');
    expect(names).not.toContain('bad');
  });
});

describe('a rollback of DEB', () => {
  it('is dated and signed anew, and takes an upgraded machine back with the command that it names', async () => {
    const [fresh, upgraded] = [await packyard.apt(), await packyard.apt()];
    await packyard.stageDeb('acme', '1');
    const first = await packyard.mustPromote(DEB);
    await packyard.stageDeb('acme', '2');
    await packyard.mustPromote(DEB);
    expectSuccess(await upgraded.aptGet('update'));
    expectSuccess(await upgraded.aptGet('install', 'acme'));
    expect(await installedVersion(upgraded.folder, 'acme')).toBe('2');

    const { needs_signer, client_command } = await rollBack(first, DEB);

    expect(needs_signer).toBe(true);
    expect(client_command).toBe('apt-get update && apt-get install --allow-downgrades acme=1');
    expectSuccess(await fresh.aptGet('update'));
    expectSuccess(await fresh.aptGet('install', 'acme'));
    expect(await installedVersion(fresh.folder, 'acme')).toBe('1');
    expectSuccess(await upgraded.aptGet('update'));
    expectSuccess(await upgraded.aptGet('install', '--allow-downgrades', 'acme=1'));
    expect(await installedVersion(upgraded.folder, 'acme')).toBe('1');
  });
});

describe('a withdrawal', () => {
  const withdraw = async (packages: string[], now = false) => {
    const [live] = (await packyard.releases('format=rpm')).filter((each) => each.live);
    const { status, body } = await packyard.call<Ordered>('POST', 'withdrawals', {
      ...{ release: live!.id, packages, now },
    });
    if (status !== 202) return body;
    return packyard.signer(RPM).see(body.id);
  };
  const files = async () =>
    readdir(join(packyard.site.tree.folder, 'rpm/core/2025/el9-x86_64/Packages'));

  it('takes a package out of the metadata, and leaves its file to who is fetching it', async () => {
    await packyard.stageRpm('leaky', '1');
    await packyard.mustPromote(RPM);
    expect(await withdraw(['leaky-1-1.noarch.rpm'])).toMatchObject({ state: 'live' });
    const root = await packyard.dnf();
    expectFailure(await root.dnf('install', 'leaky'), 'Unable to find a match');
    expect(await files()).toContain('leaky-1-1.noarch.rpm');
  });

  it('at once takes the file too', async () => {
    await packyard.stageRpm('secret', '1');
    await packyard.mustPromote(RPM);
    expect(await withdraw(['secret-1-1.noarch.rpm'], true)).toMatchObject({ state: 'live' });
    expect(await files()).not.toContain('secret-1-1.noarch.rpm');
    const tree = await realpath(join(packyard.site.tree.folder, 'rpm/core/2025/el9-x86_64'));
    const release = JSON.parse(await readFile(join(tree, '../release.json'), 'utf8'));
    expect(release).toMatchObject({ kind: 'withdrawal', at_once: true });
    expect(JSON.stringify(release.carried)).not.toContain('secret-1-1');
  });

  it('is not undone by a rollback to a release that held it', async () => {
    await packyard.stageRpm('poison', '1');
    const held = await packyard.mustPromote(RPM);
    await withdraw(['poison-1-1.noarch.rpm']);
    const { status, body } = await packyard.call('POST', 'rollbacks', { release: held });
    expect([status, body.code]).toEqual([409, 'PACKAGE_WITHDRAWN']);
    expect(body.message).toContain('poison-1-1.noarch.rpm');
  });

  it('names what is not live', async () => {
    expect(await withdraw(['nope.rpm'])).toMatchObject({ code: 'PACKAGE_NOT_LIVE' });
  });
});
