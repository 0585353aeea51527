import { tmpdir } from 'node:os';
import { DomainError } from '../../common/domain-error.js';
import type { BuildOrder, FormatBuilder, SigningTask, StagedFile } from '../format-builder.js';
import type { Destination } from '../publication.js';
import type { ReleaseDocument } from '../release.js';
import { requireTools, runTool } from '../tools/run-tool.js';
import { AptlyCache } from './aptly-cache.js';
import { buildSnapshot } from './build-snapshot.js';
import { inspectPackage } from './inspect-package.js';
import { MalformedMetadata } from './malformed-metadata.js';
import { distributionsOf, namedFilesOf } from './publication-files.js';
import { snapshotInvalid } from './snapshot-invalid.js';
import { type Snapshot, verifySnapshot } from './verify-snapshot.js';

/**
 * Debian packages: one publication a component and series, with a distribution (`dists/bookworm`) and a pool
 * (`pool/bookworm`) for each that the catalogue has. Packages carry no signature of their own; `Release` does, and
 * it holds the hashes of the indexes, which hold those of the packages.
 *
 * A rollback is built like every other release: apt ignores metadata that is older than what it has.
 */
export class DebBuilder implements FormatBuilder {
  readonly format = 'deb';
  private readonly cache: AptlyCache;

  /** @param cacheFolder keeps what aptly knows from one build to the next; it may be deleted at any time */
  constructor(cacheFolder: string) {
    this.cache = new AptlyCache(cacheFolder);
  }

  async requireTools(): Promise<void> {
    await requireTools(['aptly', 'apt-get', 'dpkg-deb', 'gpgv']);
    const { stdout } = await runTool('aptly', ['version'], { home: tmpdir() });
    const [, major, minor] = /(\d+)\.(\d+)/.exec(stdout.toString()) ?? [];
    if (Number(major) > 1 || Number(minor) >= 6) return;
    throw new DomainError(
      'TOOL_MISSING',
      `The aptly of this server is ${major}.${minor}, which cannot hold one file name in two distributions: ` +
        'install aptly 1.6 or newer (scripts/ci/install-aptly.sh does on Debian 12), then try again.',
      { tools: [{ tool: 'aptly', debian_package: 'aptly' }] },
    );
  }

  inspect(file: string, destination: Destination): Promise<StagedFile> {
    return inspectPackage(file, destination);
  }

  /** @throws DomainError TOOL_FAILED, or SNAPSHOT_INVALID where the base or what aptly made is not as it should be */
  build(order: BuildOrder): Promise<SigningTask[]> {
    return buildSnapshot(order, this.cache).catch((error: unknown) => {
      throw error instanceof MalformedMetadata ? snapshotInvalid(error) : error;
    });
  }

  verify(
    folder: string,
    document: ReleaseDocument,
    publicKeyFile: string,
    verified?: Snapshot,
  ): Promise<void> {
    return verifySnapshot({ folder, document }, publicKeyFile, verified);
  }

  async entryFiles(folder: string): Promise<string[]> {
    const distributions = await distributionsOf(folder);
    return distributions.map((distribution) => `dists/${distribution}/InRelease`);
  }

  async namedFiles(folder: string): Promise<ReadonlySet<string>> {
    const named = new Set<string>();
    for (const distribution of await distributionsOf(folder)) {
      for (const path of await namedFilesOf(folder, distribution)) named.add(path);
    }
    return named;
  }
}
