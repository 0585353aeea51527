import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTimeout } from '../clients/support/built-tools.js';
import { ImageClients } from '../clients/support/image-clients.js';
import { type RunningRegistry, startRegistry } from '../clients/support/registry.js';
import { until } from '../support/until.js';

jest.setTimeout(180_000);

let registryFolder: string;
let registry: RunningRegistry;
beforeAll(async () => {
  registryFolder = await mkdtemp(join(tmpdir(), 'packyard-demo-registry-'));
  registry = await startRegistry(registryFolder, join(registryFolder, 'storage'));
}, buildTimeout);
afterAll(async () => {
  await registry?.stop();
  await rm(registryFolder, { recursive: true, force: true });
});

let demo: ChildProcess | undefined;
let said = '';
afterEach(async () => {
  if (demo?.exitCode === null) {
    demo.kill('SIGTERM');
    await once(demo, 'close');
  }
  demo = undefined;
});

/** Settings of a person's own must not lead it to another Packyard. */
function start(env: Record<string, string> = {}): ChildProcess {
  said = '';
  const child = spawn(process.execPath, ['scripts/demo.mjs'], {
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME },
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      STAGING_URL: 's3://elsewhere?endpoint=http://127.0.0.1:1',
      GPG_KEY_ID: 'elsewhere',
      ...env,
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  return child;
}

/** Command lines of all processes. */
async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}

async function untilSaid(text: string): Promise<void> {
  await until(() => {
    if (demo?.exitCode !== null) throw new Error(`the demo ended with ${demo?.exitCode}:\n${said}`);
    return said.includes(text);
  }, 150_000);
}

const folderOf = (text: string) => /everything in (\S+),/.exec(text)?.[1] as string;

it('publishes an RPM, a DEB and an image, refuses and allows, and leaves nothing when it is stopped', async () => {
  demo = start({ REGISTRY_URL: `http://${registry.host}` });
  await untilSaid('Ctrl-C ends it');

  expect(said.match(/^Live: release /gm)).toHaveLength(3);
  expect(said).toMatch(/GET \S+\.rpm\n {2}without the key: 401\n {2}with it: +200, .* as released/);
  expect(said).toMatch(/GET \S+\.deb\n {2}without the key: 401\n {2}with it: +200, .* as released/);

  expect(said).toMatch(
    /GET \S+\/v2\/oci\/packyard-hello\/manifests\/\S+\n {2}without the key: 401\n {2}with it: +200, .* as released/,
  );

  // It is up, and what it says to try works.
  const admin = /--admin-url (\S+)/.exec(said)?.[1];
  const key = /pky_\w+/.exec(said)?.[0] as string;
  const url = /curl -O -u subscriber (\S+)/.exec(said)?.[1] as string;
  expect((await fetch(`${admin}/api/v1/releases`)).status).toBe(200);
  const asked = spawnSync('curl', ['--config', '-', '-sf', url], {
    input: `user = "subscriber:${key}"\n`,
  });
  expect(asked.status).toBe(0);
  const image = /docker pull (\S+)/.exec(said)?.[1] as string;
  const clients = await ImageClients.create(registryFolder);
  await clients.addCredentials(image.split('/')[0]!, key);
  const exported = await clients.crane('export', image, '-');
  expect(exported.stdout).toContain('Hello from an image');

  const running = await commandLines();
  expect(running.filter((line) => line.includes(key))).toEqual([]);
  const folder = folderOf(said);
  expect(running.filter((line) => line.includes(folder))).not.toEqual([]);

  const closed = once(demo, 'close');
  demo.kill('SIGINT');
  expect(await closed).toEqual([0, null]);
  expect((await commandLines()).filter((line) => line.includes(folder))).toEqual([]);
  expect(existsSync(folder)).toBe(false);
  await expect(fetch(`${admin}/api/v1/releases`)).rejects.toThrow();
});

it('leaves nothing when it is stopped while it starts', async () => {
  demo = start();
  await untilSaid('Starting Packyard');
  const closed = once(demo, 'close');
  demo.kill('SIGINT');
  expect(await closed).toEqual([0, null]);
  const folder = folderOf(said);
  expect((await commandLines()).filter((line) => line.includes(folder))).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});

it('names the Debian packages that are missing, and starts nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packyard-demo-tools-'));
  try {
    await symlink('/usr/bin/dpkg-deb', join(folder, 'dpkg-deb'));
    demo = start({ PATH: folder });
    expect(await once(demo, 'close')).toEqual([1, null]);
    expect(said).toContain('rpmbuild');
    expect(said).not.toContain('dpkg');
    expect(said).toMatch(/apt-get install apt createrepo-c gnupg gpgconf gpgv libsolv-tools rpm$/m);
    expect(said).toContain('scripts/ci/install-aptly.sh');
    expect(said).not.toContain('Starting');
  } finally {
    await rm(folder, { recursive: true });
  }
});
