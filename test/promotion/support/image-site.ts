import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { generateKey } from 'openpgp';
import type { RegistryCredentials } from '../../../src/config/registry-credentials.js';
import { builtTool } from '../../clients/support/built-tools.js';
import { dockerConfig } from '../../clients/support/image-clients.js';
import {
  type RegistryOptions,
  type RunningRegistry,
  startRegistry,
} from '../../clients/support/registry.js';
import { mustRun, type Ran, run } from '../../clients/support/run.js';
import { makeImage } from '../../clients/support/sample-image.js';
import { type RunningPackyard, startPackyard } from '../../support/packyard-process.js';
import { type CiRun, ended } from './ci-runner.js';
import { FaultyRegistry } from './faulty-registry.js';
import { writeHtpasswd } from './htpasswd.js';
import { PromotionSite } from './promotion-site.js';
import { spawn } from 'node:child_process';

export const IMAGES = 'core/2025/oci/all';

const CATALOGUE = `components:
  - name: core
    visibility: private
    series: ['2024', '2025']
    oci: { repository: lts-core, architectures: [amd64, arm64] }
  - name: minion
    visibility: private
    series: ['2025']
    oci: { repository: lts-minion, architectures: [amd64] }
`;

/** A key pair of a real `cosign generate-key-pair`, and its password. */
export interface CosignKeys {
  /** Holds `cosign.key` and `cosign.pub`. */
  readonly folder: string;
  readonly password: string;
}

export async function makeCosignKeys(parent: string): Promise<CosignKeys> {
  const folder = await mkdtemp(join(parent, 'cosign-'));
  const password = 'a password of the test';
  const env = { COSIGN_PASSWORD: password, HOME: folder };
  await mustRun(await builtTool('cosign'), ['generate-key-pair'], { cwd: folder, env });
  return { folder, password };
}

/** A Packyard over a real registry, with keys of a real cosign, driven as CI does it. */
export class ImageSite {
  private restarted: RunningPackyard | undefined;

  private constructor(
    private readonly settings: Record<string, string>,
    readonly packyard: PromotionSite,
    readonly folder: string,
    readonly keys: CosignKeys,
    private readonly running: RunningRegistry,
    /** Between the server and the registry; subscribers and tests go past it only where they say so. */
    readonly faults: FaultyRegistry,
  ) {}

  /** @param registryOptions with `login`, only that user writes to the registry, and anyone reads */
  static async start(
    settings: Record<string, string> = {},
    { login, ...registryOptions }: RegistryOptions & { login?: RegistryCredentials } = {},
  ): Promise<ImageSite> {
    const folder = await mkdtemp(join(tmpdir(), 'packyard-images-'));
    const keys = await makeCosignKeys(folder);
    await mkdir(join(folder, 'public'));
    await cp(join(keys.folder, 'cosign.pub'), join(folder, 'public/cosign.pub'));
    const { publicKey } = await generateKey({ userIDs: [{ name: 'unused' }] });
    await writeFile(join(folder, 'public/lts.asc'), publicKey);
    await writeFile(join(folder, 'packyard.yml'), CATALOGUE);
    const htpasswd = login && (await writeHtpasswd(folder, login));
    const registry = await startRegistry(folder, join(folder, 'registry'), {
      ...registryOptions,
      htpasswd,
    });
    const faults = await FaultyRegistry.start(registry.host, login && basicOf(login));
    const all = {
      PACKYARD_CONFIG: join(folder, 'packyard.yml'),
      PUBLIC_KEYS_DIR: join(folder, 'public'),
      REGISTRY_URL: faults.url,
      ...settings,
    };
    const packyard = await PromotionSite.start(all);
    return new ImageSite(all, packyard, folder, keys, registry, faults);
  }

  /** Killed, and started again over what that left. */
  async crash(): Promise<void> {
    const { site } = this.packyard;
    await site.packyard.kill();
    await this.restarted?.kill();
    const { port } = new URL(site.packyard.gateway);
    this.restarted = await startPackyard({
      env: {
        PACKYARD_DATA_DIR: join(site.folder, 'data'),
        PUBLISHED_DIR: site.tree.folder,
        AUTH_LISTEN: '',
        METRICS_LISTEN: '',
        ADMIN_LISTEN: new URL(site.packyard.admin).host,
        GATEWAY_LISTEN: `127.0.0.1:${port}`,
        ...this.settings,
      },
    });
  }

  async stop(): Promise<void> {
    await this.restarted?.stop();
    if (this.restarted) await this.packyard.site.signingKey.close();
    else await this.packyard.stop();
    this.faults.stop();
    await this.running.stop();
    await rm(this.folder, { recursive: true });
  }

  /** Of the registry. */
  get registry(): string {
    return this.running.host;
  }

  collectGarbage(): Promise<void> {
    return this.running.collectGarbage();
  }

  /** Of the gateway: what a subscriber types, and what is signed. */
  get host(): string {
    return new URL(this.packyard.site.packyard.gateway).host;
  }

  /** An archive of one platform, as skopeo makes it of a layout. */
  async archive(
    version: string,
    architecture: string,
    name = 'core',
    kind: 'oci-archive' | 'docker-archive' = 'oci-archive',
  ): Promise<string> {
    const labels = { 'org.opencontainers.image.version': version };
    const { layout } = await makeImage(this.folder, `${name} ${version}`, undefined, labels);
    const archive = `${layout}-${architecture}.tar`;
    const from = ['--override-os', 'linux', '--override-arch', architecture];
    await mustRun('skopeo', ['copy', ...from, `oci:${layout}`, `${kind}:${archive}`]);
    return archive;
  }

  async stage(place: string, file: string, name = 'image.tar'): Promise<void> {
    const named = join(await mkdtemp(join(this.folder, 'staged-')), name);
    await mkdir(dirname(named), { recursive: true });
    await rename(file, named);
    await this.packyard.stage(place, named);
  }

  async stageImage(
    version: string,
    { series = '2025', architectures = ['amd64', 'arm64'] } = {},
  ): Promise<void> {
    for (const architecture of architectures) {
      const archive = await this.archive(version, architecture);
      await this.stage(`core/${series}/oci/${architecture}`, archive, `core-${architecture}.tar`);
    }
  }

  /** Runs the command as a workflow of CI does: with the secrets in its environment. */
  async ci(args: readonly string[], env: Record<string, string> = {}): Promise<CiRun> {
    const { site, stagingFolder } = this.packyard;
    const child = spawn('bin/packyard', args, {
      env: {
        PATH: process.env.PATH,
        HOME: this.folder,
        PACKYARD_ADMIN_URL: site.packyard.admin,
        STAGING_URL: stagingFolder,
        PUBLIC_KEYS_DIR: join(this.folder, 'public'),
        PACKYARD_CONFIG: join(this.folder, 'packyard.yml'),
        PACKYARD_HOST: this.host,
        COSIGN_PRIVATE_KEY: await readFile(join(this.keys.folder, 'cosign.key'), 'utf8'),
        COSIGN_PASSWORD: this.keys.password,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return ended(child);
  }

  /** Promotes what is staged. @returns the release */
  async mustPromote(series = '2025'): Promise<string> {
    const { code, output } = await this.ci(['promote', 'core', series, 'oci', 'all']);
    const release = /Live: release (\S+)\./.exec(output)?.[1];
    if (code === 0 && release) return release;
    throw new Error(
      `${code}\n${output}\n${JSON.stringify(this.packyard.site.packyard.logs.filter(({ level }) => level === 'error'))}`,
    );
  }

  /** What `docker login` leaves behind for crane, without the key in an argv. */
  async logIn(key: string): Promise<void> {
    await mkdir(join(this.folder, '.docker'), { recursive: true });
    const config = dockerConfig(this.host, key);
    await writeFile(join(this.folder, '.docker/config.json'), config, { mode: 0o600 });
  }

  async crane(...args: string[]): Promise<string> {
    return (await mustRun(await builtTool('crane'), args, { env: { HOME: this.folder } })).trim();
  }

  /** The digest that a tag has in the registry. */
  digest(tag: string): Promise<string> {
    return this.crane('digest', '--insecure', `${this.registry}/oci/lts-core:${tag}`);
  }

  async cosignVerify(image: string, key = join(this.keys.folder, 'cosign.pub')): Promise<Ran> {
    const options = ['--key', key, '--insecure-ignore-tlog', '--allow-http-registry'];
    return run(await builtTool('cosign'), ['verify', ...options, image], {
      env: { HOME: this.folder },
    });
  }
}

function basicOf({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
