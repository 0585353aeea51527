import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type RunningPackyard, startPackyard } from '../../support/packyard-process.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import type { Promotion } from './willing-signer.js';

const CATALOGUE = `components:
  - name: core
    visibility: private
    series: ['2025']
    rpm: { targets: [el9-x86_64] }
    deb: { distributions: [bookworm], architectures: [amd64] }
`;

/**
 * A server that signs by itself, is killed by SIGKILL at a moment of our choosing (dies-at-moment.cjs), and is
 * started again on its folders and its database.
 */
export class MortalPackyard {
  private packyard!: RunningPackyard;

  private constructor(
    readonly folder: string,
    private readonly database: TestDatabase,
    /** `core/2025/rpm/el9-x86_64` */
    private readonly place: string,
  ) {}

  static async start(place: string): Promise<MortalPackyard> {
    const folder = await mkdtemp(join(tmpdir(), 'packyard-crash-'));
    await writeFile(join(folder, 'packyard.yml'), CATALOGUE);
    const mortal = new MortalPackyard(folder, await createTestDatabase(), place);
    await mortal.dieAt('never');
    await mortal.start();
    return mortal;
  }

  async start(): Promise<void> {
    const preload = resolve('test/promotion/support/dies-at-moment.cjs');
    this.packyard = await startPackyard({
      env: {
        NODE_OPTIONS: `--require=${preload}`,
        MOMENT: this.momentFile,
        DATABASE_URL: this.database.url,
        PACKYARD_DATA_DIR: join(this.folder, 'data'),
        PACKYARD_CONFIG: join(this.folder, 'packyard.yml'),
        PUBLISHED_DIR: this.published,
        PUBLIC_KEYS_DIR: '/nonexistent',
        AUTH_LISTEN: '',
        METRICS_LISTEN: '',
        GATEWAY_LISTEN: '127.0.0.1:0',
        ADMIN_LISTEN: '127.0.0.1:0',
      },
    });
  }

  get published(): string {
    return join(this.folder, 'published');
  }

  get staging(): string {
    return join(this.folder, 'data/staging', this.place);
  }

  get publicKeyFile(): string {
    return join(this.folder, 'data/development-keys/public/lts.asc');
  }

  /** @param moment its name, `record`, or `never` */
  dieAt(moment: string): Promise<void> {
    return writeFile(this.momentFile, moment);
  }

  /** Those that came while they were recorded, each once, in their order. */
  async moments(): Promise<string[]> {
    const names = (await readFile(`${this.momentFile}s`, 'utf8')).trim().split('\n');
    return [...new Set(names)];
  }

  isAlive(): boolean {
    try {
      process.kill(this.packyard.pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  async order(): Promise<void> {
    const [component, series, format, target] = this.place.split('/');
    await this.call('promotions', { component, series, format, target });
  }

  /** All of them, the newest first; undefined where the server is dead. */
  promotions(): Promise<Promotion[] | undefined> {
    return this.call<Promotion[]>('promotions?limit=500');
  }

  /** All went live, nothing is left to do, and nothing is left over. */
  async isTidy(): Promise<boolean> {
    const untidy = `SELECT FROM promotion WHERE state <> 'live' OR NOT tidied`;
    const left = [...(await this.work()), ...(await readdir(this.staging))];
    return left.length === 0 && (await this.database.query(untidy)).length === 0;
  }

  /** What an engineer wants to see when it is not tidy. */
  async describe(): Promise<string> {
    const promotions = (await this.promotions())?.filter(({ state }) => state !== 'live');
    const logs = this.packyard.logs.filter(({ level }) => level !== 'info');
    const [work, staged] = [await this.work(), await readdir(this.staging)];
    return JSON.stringify({ promotions, work, staged, logs });
  }

  async stop(): Promise<void> {
    const code = await this.packyard.stop();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`Packyard ended with ${code}`);
  }

  private get momentFile(): string {
    return join(this.folder, 'moment');
  }

  private work(): Promise<string[]> {
    return readdir(join(this.published, '.work'));
  }

  private async call<T>(path: string, body?: object): Promise<T | undefined> {
    try {
      const answer = await fetch(`${this.packyard.admin}/api/v1/${path}`, {
        ...(body && {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        }),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    } catch (error) {
      if ((error as Error).name === 'TypeError') return undefined; // fetch: nobody is there
      throw error;
    }
  }
}
