import { readFile } from 'node:fs/promises';
import { dockerConfig } from '../clients/support/image-clients.js';
import { rootTimeout } from '../clients/support/machine.js';
import { expectFailure, expectSuccess } from '../clients/support/run.js';
import type { Subscriber } from '../clients/support/subscriber.js';
import { until } from '../support/until.js';
import { cosignVerify } from './support/cosign.js';
import { DOMAIN, type Stack } from './support/stack.js';
import { setupText, startSubscriber } from './support/subscriber.js';
import { VerifyingSkopeo } from './support/verifying-skopeo.js';

const IMAGE = `${DOMAIN}/oci/lts-core`;

/** Each client on a machine of its own, set up by pasting the text that came with the key. */
export function subscribers(stack: () => Stack): void {
  let subscriber: Subscriber;
  let key: string;
  let id: string;

  beforeAll(async () => {
    ({ key, id } = await stack().keys.createKey('core'));
  });
  beforeEach(async () => {
    subscriber = await startSubscriber(stack());
  }, rootTimeout);
  afterEach(() => subscriber?.stop());

  const there = (command: string, ...args: string[]) => subscriber.machine.run(command, args);
  const installed = () => subscriber.machine.read('/usr/share/acme-core/version');

  const textFor = (client: string) => setupText(stack(), id, client);

  it('install with dnf', async () => {
    await subscriber.machine.call('rocky', '9.4');
    expect(await subscriber.paste(await textFor('dnf'), key)).toContain('\nDone.');
    expectSuccess(await there('dnf', '--assumeyes', '--releasever=9', 'install', 'acme-core'));
    expect(await installed()).toBe('1\n');
  }, 120_000);

  it('install with zypper', async () => {
    await subscriber.machine.call('opensuse-leap', '15.6');
    await subscriber.machine.write('/etc/rpm/macros', '%_dbpath /var/lib/rpm\n'); // as on SUSE
    const env = { PACKYARD_TARGET: 'el9-x86_64' };
    expect(await subscriber.paste(await textFor('zypper'), key, { env })).toContain('\nDone.');
    expectSuccess(await there('zypper', '--non-interactive', 'install', 'acme-core'));
    expect(await installed()).toBe('1\n');
  }, 120_000);

  it('install with apt', async () => {
    await there('rm', '/etc/apt/sources.list'); // no mirror has to be there
    expect(await subscriber.paste(await textFor('apt'), key)).toContain('\nDone.');
    expectSuccess(await there('apt-get', 'update'));
    expectSuccess(await there('apt-get', '--yes', 'install', 'acme-core'));
    expect(await installed()).toBe('1\n');
  }, 120_000);

  it('pull with docker', async () => {
    const { machine } = subscriber;
    machine.spawn('dockerd', ['--iptables=false', '--bridge=none', '--storage-driver=vfs']);
    await until(async () => (await machine.run('docker', ['info'])).code === 0, 30_000);
    const screen = await subscriber.paste(await textFor('docker'), key, { prompt: /Password: / });
    expect(screen).toContain('Login Succeeded');
    expect((await there('docker', 'images', '--format', '{{.Repository}}')).stdout).toBe(
      `${IMAGE}\n`,
    );
  }, 120_000);

  it('copy with skopeo, which checks the signatures, for both architectures', async () => {
    const cosignKey = await readFile(stack().ci.cosignKeyFile);
    const signed = [{ type: 'sigstoreSigned', keyData: cosignKey.toString('base64') }];
    const policy = { default: [{ type: 'reject' }], transports: { docker: { [IMAGE]: signed } } };
    const skopeo = await VerifyingSkopeo.create(await stack().newFolder('skopeo'), {
      hosts: stack().hosts,
      'ssl/certs/ca-certificates.crt': stack().issuer,
      'containers/policy.json': JSON.stringify(policy),
      'containers/registries.d/packyard.yaml': `docker:\n  ${DOMAIN}:\n    use-sigstore-attachments: true\n`,
      'auth.json': dockerConfig(DOMAIN, key),
    });
    const copy = (image: string, target: string) =>
      skopeo.run(
        ...['copy', '--all', '--remove-signatures', '--src-authfile=/etc/auth.json'],
        ...[`docker://${image}`, `dir:/etc/${target}`],
      );
    expectSuccess(await copy(`${IMAGE}:2025`, 'by-series'));
    expectSuccess(await copy(`${IMAGE}:1.0.0`, 'by-version'));
    expectFailure(
      await copy(`${DOMAIN}/oci/lts-minion:2025`, 'other'),
      'This key does not include the image',
    );
  }, 120_000);

  it('verify with cosign', async () => {
    const verify = (image: string) => cosignVerify(stack(), image, key);
    expectSuccess(await verify(`${IMAGE}:2025`));
    expectFailure(
      await verify(`${DOMAIN}/oci/lts-minion:2025`),
      'This key does not include the image',
    );
  }, 120_000);
}
