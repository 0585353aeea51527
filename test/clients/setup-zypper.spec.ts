import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { clientSetup } from './support/key-setup.js';
import { rootTimeout } from './support/machine.js';
import { makeRpmRepository } from './support/repositories.js';
import { expectFailure, expectSuccess } from './support/run.js';
import { buildRpm, rpmVersions } from './support/sample-packages.js';
import { type Site, startSite } from './support/site.js';
import { Subscriber, unknownKey } from './support/subscriber.js';

/** The catalogue of these tests has no target of SUSE's: the person says which to take. */
const env = { PACKYARD_TARGET: 'el9-x86_64' };

describe('the text for zypper', () => {
  let site: Site;
  let text: string;
  let name: string;
  let subscriber: Subscriber;

  const zypper = (...args: string[]) =>
    subscriber.machine.run('zypper', ['--non-interactive', ...args]);
  const secretFile = () => `/etc/zypp/credentials.d/${name}-core`;

  beforeAll(async () => {
    site = await startSite();
    const rpm = await buildRpm(site.folder, { name: 'sample-core', version: rpmVersions.first });
    await site.signingKey.signRpms([rpm]);
    await site.tree.release('rpm/core/2025/el9-x86_64', (snapshot) =>
      makeRpmRepository(snapshot, [rpm], site.signingKey),
    );
    name = `127-0-0-1-${new URL(site.packyard.gateway).port}`;
    text = (await clientSetup(site, 'zypper')).text;
  });
  afterAll(() => site?.stop());

  beforeEach(async () => {
    subscriber = await Subscriber.start(site.folder);
    await subscriber.machine.call('opensuse-leap', '15.6');
    // As on SUSE; Debian's rpm keeps a database in the home folder.
    await subscriber.machine.write('/etc/rpm/macros', '%_dbpath /var/lib/rpm\n');
  }, rootTimeout);
  afterEach(() => subscriber?.stop());

  it.each([true, false])('sets zypper up (bracketed paste: %s)', async (bracketedPaste) => {
    const { key } = await site.admin.createKey('core');

    const screen = await subscriber.paste(text, key, { bracketedPaste, env });

    expect(screen).toContain('\nDone.');
    expect(screen).not.toContain(key);
    await subscriber.expectKeyOnlyIn(key, [`${secretFile()} 0600`]);
    expectSuccess(await zypper('install', 'sample-core'));
    expect(await subscriber.machine.read('/usr/share/sample-core/version')).toBe(
      `${rpmVersions.first}\n`,
    );
  });

  it('writes what the files of the answer say', async () => {
    const { key } = await site.admin.createKey('core');
    const { files } = await clientSetup(site, 'zypper', ['core'], key);

    await subscriber.paste(text, key, { env });

    for (const { path, mode, content } of files) {
      expect([path, await subscriber.machine.modeOf(path)]).toEqual([path, mode]);
      expect(await subscriber.machine.read(path)).toBe(content);
    }
  });

  it('makes zypper refuse metadata that nobody signed', async () => {
    const rpm = await buildRpm(site.folder, { name: 'sample-open', version: '1.0' });
    await site.signingKey.signRpms([rpm]);
    await site.tree.release('rpm/community/2025/el9-x86_64', async (snapshot) => {
      await makeRpmRepository(snapshot, [rpm], site.signingKey);
      await rm(join(snapshot, 'repodata/repomd.xml.asc'));
    });
    const { key } = await site.admin.createKey('community');
    await subscriber.paste((await clientSetup(site, 'zypper', ['community'])).text, key, { env });

    expectFailure(await zypper('refresh'), 'is unsigned');
  });

  it('is not seen in what zypper prints, though the key was revoked', async () => {
    const { id, key } = await site.admin.createKey('core');
    await subscriber.paste(text, key, { env });
    await site.admin.revokeKey(id);

    const ran = await zypper('refresh');

    expectFailure(ran, '401');
    expect(ran.output).not.toContain(key);
    expect(await subscriber.machine.filesWith(key)).toEqual([`${secretFile()} 0600`]);
  });

  it('changes nothing when the key is unknown', async () => {
    await subscriber.expectRefusal(text, unknownKey(), 'The key is not accepted for core.', {
      env,
    });
  });

  it('changes nothing where no target fits, and says which there are', async () => {
    const screen = await subscriber.pasteOnly(text);

    expect(screen).toContain('one of: opensuse-leap15-x86_64 el15-x86_64');
    expect(screen).toContain('\nThere are: core (el9-x86_64)');
    expect(screen).toContain('export PACKYARD_TARGET=');
  });
});
