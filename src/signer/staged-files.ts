import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Destination } from '../promotion/publication.js';
import { fetchVerified } from '../staging/fetch-verified.js';
import type { CompleteFile, StagingStore } from '../staging/staging-store.js';
import type { ExpectedFiles } from './expected-files.js';
import { SigningRefused } from './signing-refused.js';

/** A file that the signer has read from staging itself. */
export interface OwnFile {
  readonly name: string;
  readonly sha256: string;
  /** Our own copy, absolute. */
  readonly file: string;
}

/**
 * What is staged at a destination, as the signer reads it there itself. What was there when it was asked to sign has
 * to be promoted; what comes later may be.
 */
export class StagedFiles {
  private readonly own = new Map<string, OwnFile>();
  private readonly before = new Set<string>();
  /** One at a time: two would write one copy. */
  private lastFetch: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly staging: StagingStore,
    private readonly destination: Destination,
    /** Where our copies go; it need not be there. */
    private readonly folder: string,
    /** The build's own list; what is not in it is not signed. */
    private readonly expected?: ExpectedFiles,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * Fetches everything that is there now, and what came since the last time.
   * @throws SigningRefused where staging holds what was not expected; DomainError as `fetchVerified`
   */
  fetch(): Promise<readonly OwnFile[]> {
    return this.inTurn(() => this.fetchNew());
  }

  /** From now on, what is here has to be in the promotion: it is not ordered yet. */
  require(): void {
    for (const name of this.own.keys()) this.before.add(name);
  }

  isRequired({ name }: OwnFile): boolean {
    return this.before.has(name);
  }

  get required(): readonly OwnFile[] {
    return [...this.own.values()].filter((file) => this.isRequired(file));
  }

  /** Our copy of a file; where it is not known, staging is looked at once more: it may have come since. */
  async find(name: string): Promise<OwnFile | undefined> {
    if (this.own.has(name)) return this.own.get(name);
    return this.inTurn(async () => {
      if (!this.own.has(name)) await this.fetchNew();
      return this.own.get(name);
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.lastFetch.then(work);
    this.lastFetch = turn.catch(() => undefined);
    return turn;
  }

  private async fetchNew(): Promise<readonly OwnFile[]> {
    const complete = await this.list();
    await mkdir(this.folder, { recursive: true });
    for (const each of complete) {
      // One that was staged anew waits for the next promotion, and this one is of the file that was there.
      if (!this.own.has(each.name)) this.own.set(each.name, await this.fetchOne(each));
    }
    return [...this.own.values()];
  }

  private async list(): Promise<CompleteFile[]> {
    const complete: CompleteFile[] = [];
    for await (const each of this.staging.list(this.destination)) {
      if (each.state === 'refused') {
        throw new SigningRefused(`Staging holds ${each.path}, and ${each.problem}.`);
      }
      if (each.state === 'complete') complete.push(each);
    }
    this.requireExpected(complete);
    return complete;
  }

  private requireExpected(files: readonly CompleteFile[]): void {
    const { expected } = this;
    if (!expected) return;
    for (const { path, name, sha256 } of files) {
      const wanted = expected.get(name);
      if (wanted === sha256) continue;
      throw new SigningRefused(
        wanted === undefined
          ? `Staging holds ${path}, which --expect does not list. Remove it, or add it to the list if the build made it.`
          : `Staging holds ${path} with the SHA-256 ${sha256}, and --expect has ${wanted}: it is not what the build made.`,
      );
    }
  }

  private async fetchOne({ name, size, sha256 }: CompleteFile): Promise<OwnFile> {
    const file = join(this.folder, name);
    const { staging, destination, signal } = this;
    await fetchVerified(staging, destination, name, { size, sha256 }, file, { signal });
    return { name, sha256, file };
  }
}
