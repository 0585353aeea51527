import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtTool } from './built-tools.js';
import { type Ran, run } from './run.js';

/** What `docker login` leaves behind. */
export function dockerConfig(host: string, key: string): string {
  const auth = Buffer.from(`subscriber:${key}`).toString('base64');
  return JSON.stringify({ auths: { [host]: { auth } } });
}

/** skopeo and crane with a home of their own, which alone holds the credentials: no argv does. */
export class ImageClients {
  private constructor(
    readonly folder: string,
    private readonly cranePath: string,
  ) {}

  static async create(parent: string): Promise<ImageClients> {
    const folder = await mkdtemp(join(parent, 'image-clients-'));
    return new ImageClients(folder, await builtTool('crane'));
  }

  /** What `docker login` leaves behind, readable by its owner alone. */
  async addCredentials(host: string, key: string): Promise<void> {
    await writeFile(this.authFile, dockerConfig(host, key), { mode: 0o600 });
  }

  /** `--insecure-policy`: nothing here is about signatures. */
  skopeo(args: string[], input?: string): Promise<Ran> {
    return run('skopeo', ['--insecure-policy', ...args], { env: this.env, input });
  }

  crane(...args: string[]): Promise<Ran> {
    return run(this.cranePath, args, { env: this.env });
  }

  private get authFile(): string {
    return join(this.folder, 'config.json');
  }

  /** As root, skopeo keeps what it knows of blobs in a database of the system; not so as another user. */
  private get env(): Record<string, string> {
    return {
      HOME: this.folder,
      TMPDIR: this.folder,
      DOCKER_CONFIG: this.folder,
      REGISTRY_AUTH_FILE: this.authFile,
      _CONTAINERS_ROOTLESS_UID: '1000',
    };
  }
}
