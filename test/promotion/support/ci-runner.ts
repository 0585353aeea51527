import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SigningKey } from '../../clients/support/signing-key.js';

export interface CiRun {
  readonly code: number | null;
  readonly output: string;
}

const CATALOGUE = `components:
  - name: core
    visibility: private
    series: ['2025']
    rpm: { targets: [el9-x86_64] }
    deb: { distributions: [bookworm, trixie], architectures: [amd64, arm64] }
`;

/** Where a workflow runs `bin/packyard`: a checkout, the secrets, and tools that tell what they were asked for. */
export class CiRunner {
  private readonly pids = new Set<string>();

  private constructor(
    readonly folder: string,
    readonly staging: string,
    readonly secrets: Readonly<Record<string, string>>,
  ) {}

  static async create(key: SigningKey): Promise<CiRunner> {
    const folder = await mkdtemp(join(tmpdir(), 'packyard-ci-'));
    const runner = new CiRunner(folder, join(folder, 'staging'), await key.secrets());
    await mkdir(join(folder, 'gpg'));
    await mkdir(join(folder, 'tools'));
    await writeFile(join(folder, 'gpg/lts.asc'), await key.publicKey());
    await writeFile(join(folder, 'packyard.yml'), CATALOGUE);
    for (const tool of ['gpg', 'rpmsign']) {
      const script = `#!/bin/sh\necho "${tool} $*" >>${runner.log}\nexec /usr/bin/${tool} "$@"\n`;
      await writeFile(join(folder, 'tools', tool), script);
      await chmod(join(folder, 'tools', tool), 0o755);
    }
    return runner;
  }

  start(args: readonly string[], adminUrl: string, env: Record<string, string> = {}): ChildProcess {
    const child = spawn('bin/packyard', args, {
      env: {
        PATH: `${join(this.folder, 'tools')}:${process.env.PATH}`,
        HOME: this.folder,
        PACKYARD_ADMIN_URL: adminUrl,
        STAGING_URL: this.staging,
        PUBLIC_KEYS_DIR: join(this.folder, 'gpg'),
        PACKYARD_CONFIG: join(this.folder, 'packyard.yml'),
        ...this.secrets,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.pids.add(String(child.pid));
    return child;
  }

  async run(
    args: readonly string[],
    adminUrl: string,
    env: Record<string, string> = {},
  ): Promise<CiRun> {
    return ended(this.start(args, adminUrl, env));
  }

  /** What was done with the private key since the last time: `gpg --detach-sign`, `gpg --clearsign`, `rpmsign`. */
  async signings(): Promise<string[]> {
    const text = await readFile(this.log, 'utf8').catch(() => '');
    await writeFile(this.log, '');
    // Where rpmsign puts in a signature that was made before, it asks no key for one.
    const signing =
      /--detach-sign|--clearsign|^rpmsign(?!.* __gpg_sign_cmd \/bin\/sh sh -c 'cat >)/gm;
    return [...text.matchAll(signing)].map(([found]) => found);
  }

  /** What the commands run here have left behind: folders in memory and on disk. */
  async leftBehind(): Promise<string[]> {
    const places = ['/dev/shm', tmpdir()];
    const folders = await Promise.all(places.map(async (place) => readdir(place)));
    return folders
      .flat()
      .filter((name) => this.pids.has(/^packyard-signer-(\d+)-/.exec(name)?.[1] ?? ''));
  }

  private get log(): string {
    return join(this.folder, 'tools.log');
  }
}

export async function ended(child: ChildProcess): Promise<CiRun> {
  let output = '';
  child.stdout!.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr!.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
