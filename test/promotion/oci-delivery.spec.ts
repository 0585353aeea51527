import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INDEX_TYPE, MANIFEST_TYPE } from '../../src/promotion/oci/descriptor.js';
import { buildTimeout } from '../clients/support/built-tools.js';
import { DockerEngine } from '../clients/support/docker-engine.js';
import { ImageClients } from '../clients/support/image-clients.js';
import { expectFailure, expectSuccess, run } from '../clients/support/run.js';
import { architectures, scriptOf, scriptPath, sha256 } from '../clients/support/sample-image.js';
import { ImageSite } from './support/image-site.js';

const login = { username: 'packyard', password: randomBytes(12).toString('hex') };

let site: ImageSite;
let engine: DockerEngine;
let clients: ImageClients;
/** The index that the series names, and the images in it. */
let index: string;
let platforms: { digest: string; platform: { architecture: string } }[];
/** Of the components core, minion, and both. */
let coreKey: string;
let minionKey: string;
let bothKey: string;

beforeAll(async () => {
  engine = await DockerEngine.start();
  const settings = { REGISTRY_USERNAME: login.username, REGISTRY_PASSWORD: login.password };
  site = await ImageSite.start(settings, { login, maxTags: 3 });
  for (const version of ['1.0.0', '1.1.0']) {
    await site.stageImage(version);
    await site.mustPromote();
  }
  const minion = await site.archive('1.0.0', 'amd64', 'minion');
  await site.stage('minion/2025/oci/amd64', minion);
  const { code, output } = await site.ci(['promote', 'minion', '2025', 'oci', 'all']);
  if (code !== 0) throw new Error(output);

  const { admin } = site.packyard.site;
  coreKey = (await admin.createKey('core')).key;
  minionKey = (await admin.createKey('minion')).key;
  const answer = await site.packyard.call<{ key: string }>('POST', 'keys', {
    ...{ components: ['core', 'minion'], label: 'both' },
  });
  bothKey = answer.body.key;
  const shown = await ask('lts-core/manifests/2025', coreKey);
  index = shown.headers.get('docker-content-digest')!;
  platforms = ((await shown.json()) as { manifests: typeof platforms }).manifests;
}, buildTimeout);
afterAll(async () => {
  await site?.stop();
  await engine?.stop();
});
beforeEach(async () => {
  clients = await ImageClients.create(site.folder);
});

const core = (reference: string) => `${site.host}/oci/lts-core${reference}`;
const minion = (reference: string) => `${site.host}/oci/lts-minion${reference}`;
const digestOf = (architecture: string) =>
  platforms.find(({ platform }) => platform.architecture === architecture)!.digest;

function ask(path: string, key: string, options: { method?: string; range?: string } = {}) {
  const { method = 'GET', range } = options;
  return fetch(`${site.packyard.site.packyard.gateway}/v2/oci/${path}`, {
    method,
    headers: {
      Accept: `${INDEX_TYPE}, ${MANIFEST_TYPE}`,
      Authorization: `Basic ${Buffer.from(`subscriber:${key}`).toString('base64')}`,
      ...(range && { Range: range }),
    },
  });
}

describe('docker', () => {
  const logIn = (key: string) =>
    engine.docker(['login', '--username', 'subscriber', '--password-stdin', site.host], key);
  const pull = (reference: string, architecture = 'amd64') =>
    engine.docker(['pull', '--platform', `linux/${architecture}`, reference]);

  it('cannot log in with a bad key', async () => {
    expectFailure(await logIn('pky_thisIsNoKeyAtAll'), '401 Unauthorized');
    expectFailure(await pull(core(':2025')), 'no basic auth credentials');
  });

  it.each(architectures)(
    'logs in, and pulls and unpacks for %s by tag and digest',
    async (arch) => {
      expectSuccess(await logIn(coreKey));
      // Of docker, one digest is one platform.
      for (const reference of [core(':2025'), core(':1.1.0'), core(`@${digestOf(arch)}`)]) {
        const pulled = await pull(reference, arch);
        expectSuccess(pulled);
        const digest = reference.includes('@') ? digestOf(arch) : index;
        expect(pulled.output).toContain(`Digest: ${digest}`);
        const shown = await engine.docker(['image', 'inspect', reference]);
        expectSuccess(shown);
        expect(JSON.parse(shown.stdout)[0].Architecture).toBe(arch);
      }
      const place = ['--network', 'none', '--platform', `linux/${arch}`, core(':2025')];
      const container = (await engine.docker(['create', ...place])).stdout.trim();
      const folder = await mkdtemp(join(site.folder, 'unpacked-'));
      expectSuccess(await engine.docker(['cp', `${container}:/${scriptPath}`, folder]));
      const script = await readFile(join(folder, 'hello'), 'utf8');
      expect(script).toBe(scriptOf('core 1.1.0', arch));
    },
  );

  it('is told in words of a key without the component, and may push nothing', async () => {
    expectSuccess(await logIn(coreKey));
    expectFailure(await pull(minion(':2025')), 'This key does not include the image');
    expectSuccess(await engine.docker(['tag', core(':2025'), core(':mine')]));
    expectFailure(await engine.docker(['push', core(':mine')]), 'Packages can only be read here');
  });

  it('pulls the images of two components with one login', async () => {
    expectSuccess(await logIn(bothKey));
    for (const reference of [core(':2025'), minion(':2025')]) expectSuccess(await pull(reference));
  });
});

describe('containerd', () => {
  it.each(architectures)('pulls and unpacks for %s', async (architecture) => {
    for (const reference of [core(':2025'), core(`@${index}`)]) {
      const pulled = await engine.ctrPull(reference, coreKey, `linux/${architecture}`);
      expectSuccess(pulled);
      expect(pulled.output).toContain(`manifest-${digestOf(architecture)}`);
      expect(pulled.output).toContain(`unpacking linux/${architecture}`);
    }
  });

  it('does not pull with a bad key, or one without the component', async () => {
    const bad = await engine.ctrPull(core(':1.0.0'), 'pky_thisIsNoKeyAtAll', 'linux/amd64');
    expectFailure(bad, '401 Unauthorized');
    expectFailure(await engine.ctrPull(core(':1.0.0'), minionKey, 'linux/amd64'), '401');
  });
});

describe('podman', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podman-')); // of its runroot it takes 50 characters at most
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const podman = (args: string[], input?: string) => {
    const storage = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run')];
    const env = { HOME: folder, REGISTRY_AUTH_FILE: join(folder, 'auth.json') };
    return run('podman', [...storage, '--storage-driver', 'vfs', ...args], { env, input });
  };
  const logIn = (key: string) => {
    const options = ['--tls-verify=false', '--username=subscriber', '--password-stdin'];
    return podman(['login', ...options, site.host], key);
  };

  it('logs in with a live key alone, and pulls for both architectures', async () => {
    expectFailure(await logIn('pky_thisIsNoKeyAtAll'), 'invalid username/password');
    expectSuccess(await logIn(coreKey));
    for (const architecture of architectures) {
      for (const reference of [core(':2025'), core(`@${index}`)]) {
        const wanted = ['--tls-verify=false', '--arch', architecture, reference];
        expectSuccess(await podman(['pull', ...wanted]));
      }
      const shown = await podman(['image', 'inspect', core(':2025')]);
      expect(JSON.parse(shown.stdout)[0].Architecture).toBe(architecture);
    }
    const other = await podman(['pull', '--tls-verify=false', minion(':2025')]);
    expectFailure(other, 'This key does not include the image');
  });
});

describe('skopeo and crane', () => {
  it.each(architectures)('inspects and copies for %s', async (architecture) => {
    await clients.addCredentials(site.host, coreKey);
    const wanted = ['--override-os=linux', `--override-arch=${architecture}`];
    const image = `docker://${core(':2025')}`;
    const shown = await clients.skopeo([...wanted, 'inspect', '--tls-verify=false', image]);
    expectSuccess(shown);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      Architecture: architecture,
      Labels: { 'org.opencontainers.image.version': '1.1.0' },
    });
    const folder = join(clients.folder, 'copy');
    const copy = ['copy', '--src-tls-verify=false', image, `dir:${folder}`];
    expectSuccess(await clients.skopeo([...wanted, ...copy]));
    const manifest = await readFile(join(folder, 'manifest.json'));
    expect(`sha256:${sha256(manifest)}`).toBe(digestOf(architecture));
  });

  it('reads the index, and lists the tags over several pages', async () => {
    await clients.addCredentials(site.host, coreKey);
    const manifest = await clients.crane('manifest', core(':2025'));
    expect(`sha256:${sha256(manifest.stdout.trimEnd())}`).toBe(index);
    expect((await clients.crane('digest', core(`:1.1.0`))).stdout.trim()).toBe(index);

    const first = await ask('lts-core/tags/list?n=1000', coreKey);
    expect(((await first.json()) as { tags: string[] }).tags).toHaveLength(3);
    expect(first.headers.get('link')).toMatch(/^<\/v2\/oci\/lts-core\/tags\/list\?.*rel="next"/);
    const all = await clients.crane('ls', core(''));
    const signatures = all.stdout.match(/^sha256-[0-9a-f]{64}\.sig$/gm);
    expect(signatures).toHaveLength(6); // of two indexes and their four images
    const names = await clients.crane('ls', '--omit-digest-tags', core(''));
    expect(names.stdout.trim().split('\n').sort()).toEqual(['1.0.0', '1.1.0', '2025']);
  });
});

/** Every order of these: a registry that shares blobs may serve one once it was asked for in another way. */
const [whole, head, part] = [{}, { method: 'HEAD' }, { range: 'bytes=0-9' }];
const orders = [
  ...[whole, head, part, whole, part, head, part, head, whole],
  ...[head, part, whole, head, whole, part, part, whole, head],
];

it('brings nothing of another repository by its digest, in any order, nor after an attempt to mount it', async () => {
  const partsOf = async (repository: string, digest: string, key: string) => {
    const answer = await ask(`${repository}/manifests/${digest}`, key);
    type Blob = { digest: string };
    const { config, layers } = (await answer.json()) as { config: Blob; layers: Blob[] };
    return [`manifests/${digest}`, ...[config, ...layers].map((each) => `blobs/${each.digest}`)];
  };
  const shown = await ask('lts-minion/manifests/2025', minionKey);
  const [ofMinion] = ((await shown.json()) as { manifests: { digest: string }[] }).manifests;
  const directions = [
    ['lts-core', coreKey, 'lts-minion', minionKey, ofMinion!.digest],
    ['lts-minion', minionKey, 'lts-core', coreKey, digestOf('arm64')],
  ] as const;
  let turn = 0; // each begins with another order
  for (const [own, key, other, otherKey, digest] of directions) {
    for (const path of await partsOf(other, digest, otherKey)) {
      const mount = `${own}/blobs/uploads/?mount=${path.split('/')[1]}&from=oci/${other}`;
      expect((await ask(mount, key, { method: 'POST' })).status).toBe(405);
      for (const way of [...orders.slice(turn), ...orders.slice(0, turn)]) {
        expect([path, (await ask(`${own}/${path}`, key, way)).status]).toEqual([path, 404]);
        expect((await ask(`${other}/${path}`, key, way)).status).toBe(401);
      }
      expect((await ask(`${other}/${path}`, otherKey)).status).toBe(200);
      expect((await ask(`${own}/${path}`, key)).status).toBe(404);
      turn += 3;
    }
  }
  expect(turn).toBe(orders.length);
});
