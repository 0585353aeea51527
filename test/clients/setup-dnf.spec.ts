import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { clientSetup } from './support/key-setup.js';
import { rootTimeout } from './support/machine.js';
import { makeRpmRepository } from './support/repositories.js';
import { expectFailure, expectSuccess } from './support/run.js';
import { buildRpm, rpmVersions } from './support/sample-packages.js';
import { type Site, startSite } from './support/site.js';
import { Subscriber, unknownKey } from './support/subscriber.js';

describe('the text for dnf', () => {
  let site: Site;
  let text: string;
  let name: string;
  let subscriber: Subscriber;

  const dnf = (...args: string[]) =>
    subscriber.machine.run('dnf', ['--assumeyes', '--releasever=9', ...args]);
  const repositoryFile = (component: string) => `/etc/yum.repos.d/${name}-${component}.repo`;

  beforeAll(async () => {
    site = await startSite();
    for (const component of ['core', 'minion']) {
      const sample = { name: `sample-${component}`, version: rpmVersions.first };
      const rpm = await buildRpm(site.folder, sample);
      await site.signingKey.signRpms([rpm]);
      await site.tree.release(`rpm/${component}/2025/el9-x86_64`, (snapshot) =>
        makeRpmRepository(snapshot, [rpm], site.signingKey),
      );
    }
    name = `127-0-0-1-${new URL(site.packyard.gateway).port}`;
    text = (await clientSetup(site, 'dnf')).text;
  });
  afterAll(() => site?.stop());

  beforeEach(async () => {
    subscriber = await Subscriber.start(site.folder);
    await subscriber.machine.call('rocky', '9.4');
  }, rootTimeout);
  afterEach(() => subscriber?.stop());

  it.each([true, false])('sets dnf up (bracketed paste: %s)', async (bracketedPaste) => {
    const { key } = await site.admin.createKey('core');

    const screen = await subscriber.paste(text, key, { bracketedPaste });

    expect(screen).toContain(site.signingKey.fingerprint);
    expect(screen).toContain('\nDone.');
    expect(screen).not.toContain(key);
    await subscriber.expectKeyOnlyIn(key, [`${repositoryFile('core')} 0600`]);
    expectSuccess(await dnf('install', 'sample-core'));
    expect(await subscriber.machine.read('/usr/share/sample-core/version')).toBe(
      `${rpmVersions.first}\n`,
    );
  });

  it('writes what the files of the answer say', async () => {
    const { key } = await site.admin.createKey('core');
    const { files } = await clientSetup(site, 'dnf', ['core'], key);

    await subscriber.paste(text, key);

    for (const { path, mode, content } of files) {
      expect([path, await subscriber.machine.modeOf(path)]).toEqual([path, mode]);
      expect(await subscriber.machine.read(path)).toBe(content);
    }
  });

  it('takes a key of two components, and leaves out what this system does not get', async () => {
    const { key } = await site.admin.createKey(['core', 'minion']);
    const both = (await clientSetup(site, 'dnf', ['core', 'minion'])).text;
    const edited = both.replace('add minion 2025 "el9-x86_64"', 'add minion 2025 "el8-x86_64"');
    expect(edited).not.toBe(both);

    const screen = await subscriber.paste(edited, key);

    expect(screen).toContain('Left out, not for this system: minion (el8-x86_64)');
    expect(await subscriber.machine.has(repositoryFile('minion'))).toBe(false);
    await subscriber.paste(both, key);
    expectSuccess(await dnf('install', 'sample-core', 'sample-minion'));
  });

  it('makes dnf refuse metadata that nobody signed', async () => {
    const rpm = await buildRpm(site.folder, { name: 'sample-open', version: '1.0' });
    await site.signingKey.signRpms([rpm]);
    await site.tree.release('rpm/community/2025/el9-x86_64', async (snapshot) => {
      await makeRpmRepository(snapshot, [rpm], site.signingKey);
      await rm(join(snapshot, 'repodata/repomd.xml.asc'));
    });
    const { key } = await site.admin.createKey('community');
    await subscriber.paste((await clientSetup(site, 'dnf', ['community'])).text, key);

    expectFailure(await dnf('install', 'sample-open'), 'repomd.xml.asc');
  });

  it('is not seen in what dnf prints, though the key was revoked', async () => {
    const { id, key } = await site.admin.createKey('core');
    await subscriber.paste(text, key);
    await site.admin.revokeKey(id);

    const ran = await dnf('--verbose', 'install', 'sample-core');

    expectFailure(ran, 'Status code: 401');
    expect(ran.output).not.toContain(key);
    expect(await subscriber.machine.filesWith(key)).toEqual([`${repositoryFile('core')} 0600`]);
  });

  it('changes nothing when the key is unknown', async () => {
    await subscriber.expectRefusal(text, unknownKey(), 'The key is not accepted for core.');
  });

  it('changes nothing when the key is none at all', async () => {
    await subscriber.expectRefusal(text, 'pky_`id`"', 'That is not a key');
  });

  it('changes nothing on a system without packages, and says for which there are some', async () => {
    await subscriber.machine.call('fedora', '42');

    const screen = await subscriber.pasteOnly(text);

    expect(screen).toContain('one of: fedora42-x86_64 el42-x86_64');
    expect(screen).toContain('\nThere are: core (el9-x86_64)');
    expect(screen).toContain('\nNothing was changed.');
  });

  it('says so when the server cannot be reached', async () => {
    const { origin } = new URL(site.packyard.gateway);
    const away = text.replaceAll(origin, 'http://127.0.0.1:1');
    await subscriber.expectRefusal(away, unknownKey(), 'cannot be reached');
  });
});
