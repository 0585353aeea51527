import { clientSetup } from './support/key-setup.js';
import { rootTimeout } from './support/machine.js';
import { makeDebRepository, makeRpmRepository } from './support/repositories.js';
import { expectFailure, expectSuccess } from './support/run.js';
import { buildDeb, buildRpm } from './support/sample-packages.js';
import { type Site, startSite } from './support/site.js';
import { question, Subscriber } from './support/subscriber.js';

const PASSWORD = 'the password of this test';

describe('the tasks for Ansible', () => {
  let site: Site;
  let name: string;
  let subscriber: Subscriber;

  const run = (command: string, args: string[]) =>
    subscriber.machine.run(command, args, { env: { LC_ALL: 'C.UTF-8' } });
  const play = (...args: string[]) =>
    run('ansible-playbook', [
      ...['-i', '/play/hosts', '--vault-password-file', '/play/password', '-vvv', ...args],
      '/play/site.yml',
    ]);

  /** A playbook beside which the file lies, and the key as `ansible-vault` has encrypted it. */
  async function preparePlay(key: string, target = 'el9-x86_64'): Promise<void> {
    const { text, files } = await clientSetup(site, 'ansible');
    const { path, content } = files[0]!;
    const { machine } = subscriber;
    await machine.write('/play/hosts', 'localhost ansible_connection=local\n');
    await machine.write('/play/password', `${PASSWORD}\n`, 0o600);
    await machine.write(`/play/${path}`, content.replaceAll('el9-x86_64', target));
    await machine.write(
      '/play/site.yml',
      `- hosts: all\n  tasks:\n    - ansible.builtin.include_tasks: ${path}\n`,
    );

    const terminal = await machine.terminal();
    terminal.paste(text);
    await terminal.see(question);
    terminal.type(key);
    for (const each of [/New Vault password/, /Confirm New Vault password/]) {
      await terminal.see(each);
      terminal.type(PASSWORD);
    }
    await terminal.prompt();
    await terminal.close();
    const screen = terminal.screen.replaceAll('\r', '');
    expect(screen).not.toContain(key);
    const variable = /^subscriber_key_\w+: !vault \|(?:\n +[\w$.;]+)+/m.exec(screen)?.[0];
    expect(variable).toBeDefined();
    await machine.write('/play/group_vars/all.yml', `${variable}\n`);
  }

  beforeAll(async () => {
    site = await startSite();
    const rpm = await buildRpm(site.folder, { name: 'sample-core', version: '1.0' });
    await site.signingKey.signRpms([rpm]);
    for (const target of ['el9-x86_64', 'opensuse-leap15-x86_64']) {
      await site.tree.release(`rpm/core/2025/${target}`, (snapshot) =>
        makeRpmRepository(snapshot, [rpm], site.signingKey),
      );
    }
    const deb = await buildDeb(site.folder, { name: 'sample-core', version: '1.0' });
    await site.tree.release('deb/core/2025', (snapshot) =>
      makeDebRepository(snapshot, [deb], site.signingKey),
    );
    name = `127-0-0-1-${new URL(site.packyard.gateway).port}`;
  });
  afterAll(() => site?.stop());

  beforeEach(async () => {
    subscriber = await Subscriber.start(site.folder);
    await subscriber.machine.run('rm', ['/etc/apt/sources.list']); // no mirror has to be there
  }, rootTimeout);
  afterEach(() => subscriber?.stop());

  it('set apt up, and change nothing the second time', async () => {
    const { key } = await site.admin.createKey('core');
    await preparePlay(key);
    expectSuccess(await play('--syntax-check'));

    const first = await play();
    const second = await play();

    expectSuccess(first);
    expectSuccess(second);
    expect(second.output).toMatch(/changed=0 /);
    expect(first.output + second.output).not.toContain(key);
    await subscriber.expectKeyOnlyIn(key, [`/etc/apt/auth.conf.d/${name}-core.conf 0600`]);
    expectSuccess(await run('apt-get', ['update']));
    expectSuccess(await run('apt-get', ['install', '--yes', 'sample-core']));
  }, 120_000);

  it('set dnf up on Enterprise Linux 9', async () => {
    await subscriber.machine.call('rocky', '9.4');
    await subscriber.machine.write('/etc/redhat-release', 'Rocky Linux release 9.4 (Blue Onyx)\n');
    const { key } = await site.admin.createKey('core');
    await preparePlay(key);

    const ran = await play();

    expectSuccess(ran);
    expect(ran.output).not.toContain(key);
    await subscriber.expectKeyOnlyIn(key, [`/etc/yum.repos.d/${name}-core.repo 0600`]);
    expectSuccess(await run('dnf', ['--assumeyes', '--releasever=9', 'install', 'sample-core']));
  }, 120_000);

  it('set zypper up on openSUSE', async () => {
    const { machine } = subscriber;
    const openSuse = 'NAME="openSUSE Leap"\nID="opensuse-leap"\nVERSION_ID="15.6"\n';
    await machine.write('/etc/os-release', openSuse);
    // As on SUSE; Debian's rpm keeps a database in the home folder.
    await machine.write('/etc/rpm/macros', '%_dbpath /var/lib/rpm\n');
    const { key } = await site.admin.createKey('core');
    await preparePlay(key, 'opensuse-leap15-x86_64');

    const ran = await play();

    expectSuccess(ran);
    expect(ran.output).not.toContain(key);
    await subscriber.expectKeyOnlyIn(key, [`/etc/zypp/credentials.d/${name}-core 0600`]);
    expectSuccess(await run('zypper', ['--non-interactive', 'install', 'sample-core']));
  }, 120_000);

  it('name the targets that there are where none fits', async () => {
    await subscriber.machine.call('rocky', '8.10');
    await subscriber.machine.write('/etc/redhat-release', 'Rocky Linux release 8.10 (Green)\n');
    await preparePlay((await site.admin.createKey('core')).key);

    const ran = await play();

    expectFailure(ran, 'There are: el9-x86_64.');
    expect(await subscriber.machine.has('/etc/yum.repos.d')).toBe(false);
  }, 120_000);
});
