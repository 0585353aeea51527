import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { until } from '../support/until.js';
import { buildTimeout } from './support/built-tools.js';
import { Cluster } from './support/cluster.js';
import { ImageClients } from './support/image-clients.js';
import { clientSetup } from './support/key-setup.js';
import { rootTimeout } from './support/machine.js';
import { type RunningRegistry, startRegistry } from './support/registry.js';
import { expectFailure, expectSuccess } from './support/run.js';
import { makeImage } from './support/sample-image.js';
import { type Site, startSite } from './support/site.js';
import { Subscriber, unknownKey } from './support/subscriber.js';

/** As docker and podman ask, and nobody else does here. */
const prompt = /Password: /;

describe('the texts for images', () => {
  let site: Site;
  let host: string;
  let registry: RunningRegistry;
  let images: string;
  let subscriber: Subscriber;

  beforeAll(async () => {
    images = await mkdtemp(join(tmpdir(), 'packyard-images-'));
    registry = await startRegistry(images, images);
    site = await startSite({ REGISTRY_URL: `http://${registry.host}` });
    host = new URL(site.packyard.gateway).host;
    const clients = await ImageClients.create(site.folder);
    for (const name of ['core', 'minion']) {
      const image = await makeImage(site.folder, name);
      const reference = `${registry.host}/oci/lts-${name}:2025`;
      expectSuccess(await clients.crane('push', image.layout, reference));
    }
  }, buildTimeout);
  afterAll(async () => {
    await site?.stop();
    await registry?.stop();
    await rm(images, { recursive: true, force: true });
  });

  beforeEach(async () => {
    subscriber = await Subscriber.start(site.folder);
    const { machine } = subscriber;
    const plainHttp = `[[registry]]\nlocation = "${host}"\ninsecure = true\n`;
    await machine.write('/etc/containers/registries.conf.d/plain-http.conf', plainHttp);
    // Neither overlay nor a container's own mounts: nothing is run here.
    await machine.write(
      '/etc/containers/storage.conf',
      '[storage]\ndriver = "vfs"\nrunroot = "/run/containers"\ngraphroot = "/var/lib/containers"\n',
    );
  }, rootTimeout);
  afterEach(() => subscriber?.stop());

  describe('podman', () => {
    const authFile = '/root/.config/containers/auth.json';

    it.each([true, false])('logs in and pulls (bracketed paste: %s)', async (bracketedPaste) => {
      const { key } = await site.admin.createKey('core');
      const { text, files } = await clientSetup(site, 'podman', ['core'], key);

      const screen = await subscriber.paste(text, key, { prompt, bracketedPaste });

      expect(screen).toContain('Login Succeeded!');
      expect(screen).not.toContain(key);
      await subscriber.expectKeyOnlyIn(key, []);
      const encoded = Buffer.from(`subscriber:${key}`).toString('base64');
      expect(await subscriber.machine.filesWith(encoded)).toEqual([`${authFile} 0600`]);
      expect(parse(await subscriber.machine.read(authFile))).toEqual(parse(files[0]!.content));
      const listed = await subscriber.machine.run('podman', ['images', '--format', '{{.Names}}']);
      expect(listed.stdout).toContain(`${host}/oci/lts-core:2025`);
    });

    it('says so and keeps nothing when the key is unknown', async () => {
      const key = unknownKey();
      const { text } = await clientSetup(site, 'podman');

      const screen = await subscriber.paste(text, key, { prompt });

      expect(screen).toMatch(/invalid username\/password|unauthorized/i);
      await subscriber.expectKeyOnlyIn(key, []);
      const encoded = Buffer.from(`subscriber:${key}`).toString('base64');
      expect(await subscriber.machine.filesWith(encoded)).toEqual([]);
    });
  });

  describe('docker', () => {
    beforeEach(async () => {
      const { machine } = subscriber;
      const alone = ['--iptables=false', '--bridge=none', '--storage-driver=vfs'];
      machine.spawn('dockerd', alone);
      await until(async () => (await machine.run('docker', ['info'])).code === 0, 30_000);
    });

    it.each([true, false])('logs in and pulls (bracketed paste: %s)', async (bracketedPaste) => {
      const { key } = await site.admin.createKey(['core', 'minion']);
      const { text, files } = await clientSetup(site, 'docker', ['core', 'minion'], key);

      const screen = await subscriber.paste(text, key, { prompt, bracketedPaste });

      expect(screen).toContain('Login Succeeded');
      expect(screen).toContain(`${host}/oci/lts-minion:2025`);
      expect(screen).not.toContain(key);
      await subscriber.expectKeyOnlyIn(key, []);
      const config = '/root/.docker/config.json';
      const encoded = Buffer.from(`subscriber:${key}`).toString('base64');
      expect(await subscriber.machine.filesWith(encoded)).toEqual([`${config} 0600`]);
      expect(parse(await subscriber.machine.read(config))).toMatchObject(parse(files[0]!.content));
      const listed = await subscriber.machine.run('docker', [
        'images',
        '--format',
        '{{.Repository}}',
      ]);
      expect(listed.stdout.trim().split('\n').sort()).toEqual([
        `${host}/oci/lts-core`,
        `${host}/oci/lts-minion`,
      ]);
    });

    it('says so when the key is revoked, and does not show it', async () => {
      const { id, key } = await site.admin.createKey('core');
      const { text } = await clientSetup(site, 'docker');
      await subscriber.paste(text, key, { prompt });
      await site.admin.revokeKey(id);

      const ran = await subscriber.machine.run('docker', ['pull', `${host}/oci/lts-core:2025`]);

      expectFailure(ran, 'unauthorized');
      expect(ran.output).not.toContain(key);
    });
  });

  describe('kubectl', () => {
    let cluster: Cluster;

    beforeEach(async () => {
      cluster = await Cluster.start();
      await subscriber.machine.write('/root/.kube/config', cluster.kubeconfig, 0o600);
    });
    afterEach(() => cluster?.stop());

    it.each([true, false])('applies pull secrets (bracketed paste: %s)', async (bracketedPaste) => {
      const { key } = await site.admin.createKey(['core', 'minion']);
      const { text, files } = await clientSetup(site, 'kubernetes', ['core', 'minion'], key);

      const screen = await subscriber.paste(text, key, { bracketedPaste });

      expect(screen).toContain('core-pull serverside-applied');
      expect(screen).toContain('minion-pull serverside-applied');
      await subscriber.expectKeyOnlyIn(key, []);
      const encoded = Buffer.from(`subscriber:${key}`).toString('base64');
      expect(await subscriber.machine.filesWith(encoded)).toEqual([]);
      const asFile = parseAllDocuments(files[0]!.content).map((each) => each.toJS());
      expect(cluster.applied.map(({ manifest }) => parse(manifest))).toMatchObject(asFile);
    });

    it('files each key under its repository, which a client finds by that name', async () => {
      const { key: coreKey } = await site.admin.createKey('core');
      const { key: minionKey } = await site.admin.createKey('minion');
      await subscriber.paste((await clientSetup(site, 'kubernetes', ['core'])).text, coreKey);
      await subscriber.paste((await clientSetup(site, 'kubernetes', ['minion'])).text, minionKey);

      // What kubelet makes of the secrets of one pod: the entries of all of them.
      const auths = Object.assign({}, ...cluster.applied.map(dockerConfigOf));
      expect(Object.keys(auths)).toEqual([`${host}/oci/lts-core`, `${host}/oci/lts-minion`]);
      const authFile = join(site.folder, 'pod.json');
      await writeFile(authFile, JSON.stringify({ auths }), { mode: 0o600 });
      const clients = await ImageClients.create(site.folder);
      for (const name of ['lts-core', 'lts-minion']) {
        const inspect = ['inspect', '--raw', '--tls-verify=false', `--authfile=${authFile}`];
        expectSuccess(await clients.skopeo([...inspect, `docker://${host}/oci/${name}:2025`]));
      }
    });

    it('applies nothing when what was typed is no key', async () => {
      const { text } = await clientSetup(site, 'kubernetes');

      const screen = await subscriber.paste(text, 'pky_";id;"');

      expect(screen).toContain('That is not a key');
      expect(cluster.applied).toEqual([]);
    });
  });
});

function dockerConfigOf({ manifest }: { manifest: string }): Record<string, unknown> {
  const secret = parse(manifest) as { type: string; stringData: Record<string, string> };
  expect(secret.type).toBe('kubernetes.io/dockerconfigjson');
  const config = JSON.parse(secret.stringData['.dockerconfigjson'] as string) as {
    auths: Record<string, unknown>;
  };
  return config.auths;
}
