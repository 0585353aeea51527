import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../tools/run-tool.js';
import { COMPONENT } from './release-file.js';

/** Packages that aptly is asked to remove at once: their names go on its command line. */
const AT_ONCE = 1000;

/** What a distribution is published with. */
export interface PublishedAs {
  readonly origin: string;
  readonly label: string;
  readonly architectures: readonly string[];
}

/**
 * An aptly for one build: its pool and configuration are in a folder that is thrown away, its database is kept. It has
 * a repository for each distribution, named as that is, and publishes into one output folder.
 */
export class AptlyRoot {
  private constructor(private readonly folder: string) {}

  /**
   * @param folder on the file system of the output and of the packages' files: aptly makes hard links
   * @param database the folder of its LevelDB
   * @param output the publication, with its `dists` and `pool`
   */
  static async create(folder: string, database: string, output: string): Promise<AptlyRoot> {
    const root = new AptlyRoot(folder);
    await mkdir(folder, { recursive: true });
    const configuration = (rootDir: string) =>
      JSON.stringify({
        rootDir: folder,
        databaseBackend: { type: 'leveldb', dbPath: database },
        skipLegacyPool: true,
        gpgDisableSign: true,
        FileSystemPublishEndpoints: {
          output: { rootDir, linkMethod: 'hardlink', verifyMethod: 'size' },
        },
      });
    await writeFile(root.configuration, configuration(output));
    await writeFile(root.elsewhere, configuration(join(folder, 'elsewhere')));
    return root;
  }

  /** A folder for what is to be added to a distribution. */
  incoming(distribution: string): string {
    return join(this.folder, 'incoming', distribution);
  }

  /** Where aptly keeps a package's file, as 1.5 and later name it. */
  poolFile(sha256: string, fileName: string): string {
    const [a, b, rest] = [sha256.slice(0, 2), sha256.slice(2, 4), sha256.slice(4, 32)];
    return join(this.folder, 'pool', a, b, `${rest}_${fileName}`);
  }

  createRepository(distribution: string): Promise<void> {
    return this.run(['repo', 'create', `-component=${COMPONENT}`, distribution]);
  }

  /** @param packages a folder of them, whose files get hard links in the pool */
  add(distribution: string, packages: string): Promise<void> {
    return this.run(['repo', 'add', distribution, packages]);
  }

  /** @param keys each as `packageKey` gives it */
  async remove(distribution: string, keys: readonly string[]): Promise<void> {
    for (let i = 0; i < keys.length; i += AT_ONCE) {
      await this.run(['repo', 'remove', distribution, ...keys.slice(i, i + AT_ONCE)]);
    }
    await this.run(['db', 'cleanup']);
  }

  /** Writes `dists/<distribution>`, unsigned, and links its packages into `pool/<distribution>`. */
  publish(distribution: string, { origin, label, architectures }: PublishedAs): Promise<void> {
    return this.run([
      'publish',
      'repo',
      '-batch',
      '-skip-signing',
      '-acquire-by-hash',
      '-multi-dist',
      '-skip-contents',
      '-skip-bz2',
      `-architectures=${architectures.join(',')}`,
      `-distribution=${distribution}`,
      `-suite=${distribution}`,
      `-codename=${distribution}`,
      `-origin=${origin}`,
      `-label=${label}`,
      distribution,
      'filesystem:output:.',
    ]);
  }

  /**
   * Has the database forget that a distribution was published, or it would not publish it into another folder. What
   * aptly deletes with that it looks for elsewhere.
   */
  forget(distribution: string): Promise<void> {
    const drop = ['publish', 'drop', '-force-drop', distribution, 'filesystem:output:.'];
    return this.run(drop, this.elsewhere);
  }

  private get configuration(): string {
    return join(this.folder, 'aptly.conf');
  }

  /** The same with an output folder that is not there. */
  private get elsewhere(): string {
    return join(this.folder, 'elsewhere.conf');
  }

  private async run(args: readonly string[], configuration = this.configuration): Promise<void> {
    await runTool('aptly', [`-config=${configuration}`, ...args], { home: this.folder });
  }
}
