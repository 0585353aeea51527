import { clientSetup } from './support/key-setup.js';
import { rootTimeout } from './support/machine.js';
import { makeDebRepository } from './support/repositories.js';
import { expectFailure, expectSuccess } from './support/run.js';
import { buildDeb, debVersions } from './support/sample-packages.js';
import { type Site, startSite } from './support/site.js';
import { Subscriber, unknownKey } from './support/subscriber.js';

describe('the text for apt', () => {
  let site: Site;
  let text: string;
  let name: string;
  let subscriber: Subscriber;

  const apt = (...args: string[]) => subscriber.machine.run('apt-get', ['--yes', ...args]);
  const secretFile = (component: string) => `/etc/apt/auth.conf.d/${name}-${component}.conf`;
  const installed = (component: string) =>
    subscriber.machine.read(`/usr/share/sample-${component}/version`);

  async function publish(component: string, version: string): Promise<void> {
    const deb = await buildDeb(site.folder, { name: `sample-${component}`, version });
    await site.tree.release(`deb/${component}/2025`, (snapshot) =>
      makeDebRepository(snapshot, [deb], site.signingKey),
    );
  }

  beforeAll(async () => {
    site = await startSite();
    await publish('core', debVersions.first);
    await publish('minion', debVersions.first);
    name = `127-0-0-1-${new URL(site.packyard.gateway).port}`;
    text = (await clientSetup(site, 'apt')).text;
  });
  afterAll(() => site?.stop());

  beforeEach(async () => {
    subscriber = await Subscriber.start(site.folder);
    await subscriber.machine.run('rm', ['/etc/apt/sources.list']); // no mirror has to be there
  }, rootTimeout);
  afterEach(() => subscriber?.stop());

  it.each([
    ['bash', { bracketedPaste: true }],
    ['bash, without bracketed paste', { bracketedPaste: false }],
    ['dash', { shell: 'dash', bracketedPaste: false }],
    ['zsh', { shell: 'zsh', bracketedPaste: true }],
  ] as const)('sets apt up when pasted into %s', async (_shell, options) => {
    const { key } = await site.admin.createKey('core');

    const screen = await subscriber.paste(text, key, options);

    expect(screen).toContain(site.signingKey.fingerprint);
    expect(screen).toContain('\nDone.');
    expect(screen).not.toContain(key);
    await subscriber.expectKeyOnlyIn(key, [`${secretFile('core')} 0600`]);
    expectSuccess(await apt('update'));
    expectSuccess(await apt('install', 'sample-core'));
    expect(await installed('core')).toBe(`${debVersions.first}\n`);
  });

  it('writes what the files of the answer say', async () => {
    const { key } = await site.admin.createKey('core');
    const { files } = await clientSetup(site, 'apt', ['core'], key);

    await subscriber.paste(text, key);

    for (const { path, mode, content } of files) {
      expect([path, await subscriber.machine.modeOf(path)]).toEqual([path, mode]);
      expect(await subscriber.machine.read(path)).toBe(content);
    }
  });

  it('is in the history, which the key is not', async () => {
    const { key } = await site.admin.createKey('core');

    await subscriber.paste(text, key);

    const history = await subscriber.history();
    expect(history).toContain('auth.conf.d');
    expect(history).not.toContain(key);
  });

  it('is not seen in what apt prints, though the key was revoked', async () => {
    const { id, key } = await site.admin.createKey('core');
    await subscriber.paste(text, key);
    await site.admin.revokeKey(id);

    const ran = await apt('-o', 'Debug::Acquire::http=false', 'update');

    expectFailure(ran, '401  Unauthorized');
    expect(ran.output).not.toContain(key);
  });

  it('lets two keys of one host live side by side', async () => {
    const minionText = (await clientSetup(site, 'apt', ['minion'])).text;
    await subscriber.paste(text, (await site.admin.createKey('core')).key);
    await subscriber.paste(minionText, (await site.admin.createKey('minion')).key);

    expectSuccess(await apt('update'));
    expectSuccess(await apt('install', 'sample-core', 'sample-minion'));
  });

  it('puts a new key in the place of the old', async () => {
    const old = await site.admin.createKey('core');
    const { key } = await site.admin.createKey('core');
    await subscriber.paste(text, old.key);
    await subscriber.paste(text, key);
    await site.admin.revokeKey(old.id);

    expectSuccess(await apt('update'));
    expect(await subscriber.machine.filesWith(old.key)).toEqual([]);
  });

  it('lets unattended-upgrades install from there', async () => {
    const { key } = await site.admin.createKey('core');
    await subscriber.paste(text, key);
    expectSuccess(await apt('update'));
    expectSuccess(await apt('install', 'sample-core'));
    await publish('core', debVersions.second);
    expectSuccess(await apt('update'));

    const ran = await subscriber.machine.run('unattended-upgrade', ['--dry-run', '--debug']);

    expectSuccess(ran);
    expect(ran.output).toMatch(/Packages that will be upgraded: sample-core$/m);
    await publish('core', debVersions.first);
  });

  describe('changes nothing', () => {
    it.each([
      ['is unknown', unknownKey, 'The key is not accepted for core.'],
      ['is none at all', () => 'pky_thisIsNoKeyAtAll$(id)', 'That is not a key'],
    ])('when the key %s', async (_how, make, words) => {
      await subscriber.expectRefusal(text, make(), words);
    });

    it('when the key is for something else', async () => {
      const { key } = await site.admin.createKey('minion');
      await subscriber.expectRefusal(text, key, 'The key is not accepted for core.');
    });

    it('when the signing key is not the one that the text names', async () => {
      const { key } = await site.admin.createKey('core');
      const other = text.replace(/[0-9a-f]{64}(?= "\$work\/key")/, '0'.repeat(64));
      expect(other).not.toBe(text);
      await subscriber.expectRefusal(other, key, 'is not the key that this text was made for');
    });

    it('when there is nothing for this distribution, and says for which there is', async () => {
      await subscriber.machine.call('debian', '11', 'bullseye');

      const screen = await subscriber.pasteOnly(text);

      expect(screen).toContain('\nThere are: core (bookworm; amd64)');
      expect(screen).toContain('\nNothing was changed.');
    });

    it('unless it is told which distribution to take', async () => {
      await subscriber.machine.call('linuxmint', '6', 'faye');
      const { key } = await site.admin.createKey('core');

      const screen = await subscriber.paste(text, key, { env: { PACKYARD_SUITE: 'bookworm' } });

      expect(screen).toContain('\nDone.');
      expectSuccess(await apt('update'));
    });

    it('when it is interrupted at the question, and the terminal shows what is typed again', async () => {
      const before = await subscriber.machine.changedFiles();
      const terminal = await subscriber.machine.terminal();
      terminal.paste(text);
      await terminal.see(/\(not shown\): (?!")/);

      terminal.interrupt();
      await terminal.prompt();
      terminal.type('stty -a');
      await terminal.see(/[^-]echo /);
      await terminal.close();

      expect(await subscriber.machine.changedFiles()).toEqual(before);
    });

    it('in the shell of somebody who is not root', async () => {
      const screen = await subscriber.pasteOnly(text, { user: 'nobody' });

      expect(screen).toContain(
        'This has to be pasted into a root shell: sudo -i opens one.\r\nNothing was changed.',
      );
    });
  });
});
