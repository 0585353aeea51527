import { randomBytes } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectFailure, expectSuccess, run } from '../clients/support/run.js';
import { SigningKey } from '../clients/support/signing-key.js';
import { makeCosignKeys } from '../promotion/support/image-site.js';
import { MANIFEST, RELEASE, REPOMD } from './promotion.js';
import { cosignVerify } from './support/cosign.js';
import { DOMAIN, type Stack } from './support/stack.js';
import { setupText, startSubscriber } from './support/subscriber.js';

/** docs/operations/key-compromise.md, where it says what to do with the containers. */
export function keyCompromise(stack: () => Stack): void {
  const publicKey = (name: string) => join(stack().checkout, 'static/content/gpg', name);

  it('of staging: the old credentials open nothing any more', async () => {
    const next = {
      RUSTFS_ACCESS_KEY: randomBytes(20).toString('hex'),
      RUSTFS_SECRET_KEY: randomBytes(20).toString('hex'),
    };
    const file = join(stack().checkout, '.env');
    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text.replace(
        /^(RUSTFS_\w+_KEY)=.*$/gm,
        (_, name: keyof typeof next) => `${name}=${next[name]}`,
      ),
    );
    await stack().compose('up', '--detach', 'rustfs', 'admin');
    await stack().settled();

    const refused = 'refuses the credentials';
    await expect(stack().ci.promoteRpm('core', 'acme-core', '10')).rejects.toThrow(refused);
    stack().ci.replaceSecrets(next);
    await stack().ci.promoteRpm('core', 'acme-core', '10');
  }, 180_000);

  describe('of GPG', () => {
    let next: SigningKey;
    beforeAll(async () => {
      next = await SigningKey.create(await stack().newFolder('next-key'));
    }, 60_000);
    afterAll(() => next?.close());

    it('builds nothing upon what the old key signed, until that is taken away', async () => {
      const { key, id } = await stack().keys.createKey('core');
      await writeFile(publicKey('lts.asc'), await next.publicKey());
      stack().ci.replaceSecrets(await next.secrets());
      const rpm = [await stack().ci.buildRpm('acme-core', '11')];
      const deb = [await stack().ci.buildDeb('acme-core', '11')];
      await expect(stack().ci.promote('core', 'rpm', 'el9-x86_64', rpm)).rejects.toThrow(
        /does not verify|cannot be built upon|SNAPSHOT_INVALID/,
      );

      await stack().compose('stop', 'admin');
      for (const link of ['rpm/core/2025/el9-x86_64', 'deb/core/2025']) {
        const remove = ['--entrypoint', 'rm', 'admin', `/srv/published/${link}`];
        await stack().compose('run', '--rm', '--no-deps', ...remove);
      }
      await stack().compose('start', 'admin');
      await stack().settled();
      expect(await stack().statusOf(REPOMD('core'), key)).toBe(404);
      expect(await stack().statusOf(RELEASE('core'), key)).toBe(404);

      await stack().ci.promote('core', 'rpm', 'el9-x86_64', rpm, '--base', 'none');
      await stack().ci.promote('core', 'deb', 'bookworm-all', deb, '--base', 'none');
      await expectInstalledByTheNewText(key, id);
    }, 300_000);

    async function expectInstalledByTheNewText(key: string, id: string): Promise<void> {
      const subscriber = await startSubscriber(stack());
      const { machine } = subscriber;
      try {
        await machine.call('rocky', '9.4');
        const screen = await subscriber.paste(await setupText(stack(), id, 'dnf'), key);
        expect(screen).toContain('\nDone.');
        const install = ['--assumeyes', '--releasever=9', 'install', 'acme-core'];
        expectSuccess(await machine.run('dnf', install));
        expect(await machine.read('/usr/share/acme-core/version')).toBe('11\n');
      } finally {
        await subscriber.stop();
      }
    }
  });

  it('of cosign: what the old key signed is withdrawn', async () => {
    const image = `${DOMAIN}/oci/lts-core`;
    const { key } = await stack().keys.createKey('core');
    const next = await makeCosignKeys(await stack().newFolder('next-cosign'));
    await cp(join(next.folder, 'cosign.pub'), publicKey('cosign.pub'));
    await stack().ci.replaceCosign(next);
    await stack().ci.promoteImage('core', '1.1.0');

    const packyard = (...args: string[]) => run('bin/packyard', args);
    const listed = await packyard('releases', 'core', '--format', 'oci', '--json');
    const releases = JSON.parse(listed.stdout) as { id: string; packages: { version: string }[] }[];
    const old = releases.find(({ packages }) =>
      packages.some(({ version }) => version === '1.0.0'),
    );
    expectSuccess(await packyard('withdraw', old!.id, '1.0.0'));

    for (const tag of ['2025', '1.1.0']) {
      expectSuccess(await cosignVerify(stack(), `${image}:${tag}`, key));
    }
    expectFailure(await cosignVerify(stack(), `${image}:1.0.0`, key), 'MANIFEST_UNKNOWN');
    expect(await stack().statusOf(MANIFEST('core'), key)).toBe(200);
  }, 180_000);
}
