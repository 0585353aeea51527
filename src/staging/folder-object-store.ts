import type { BigIntStats, Dirent } from 'node:fs';
import {
  access,
  constants,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  unlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { DomainError } from '../common/domain-error.js';
import { ObjectStore, type StoredObject } from './object-store.js';
import { compareBytes } from './staging-path.js';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Where `stage-artifact.sh` writes, to rename it from there: on the same mount, and never listed. */
const INCOMING = '.incoming';

/** What a path leads to when it leads to no file of ours: not there, no folder on the way, a link, a socket. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENAMETOOLONG'];

/** Staged files in a folder. Links are not followed: what lies elsewhere is not staged here. */
export class FolderObjectStore extends ObjectStore {
  /** @param folder absolute */
  constructor(private readonly folder: string) {
    super();
  }

  async *list({ prefix, after }: { prefix: string; after: string }): AsyncGenerator<StoredObject> {
    yield* this.walk('', prefix, after);
  }

  look(path: string): Promise<StoredObject | undefined> {
    return this.attempt(async () => {
      if (!(await this.isReachedWithoutLinks(path))) return undefined;
      const stats = await lstat(this.at(path), { bigint: true });
      return stats.isFile() ? describe(path, stats) : undefined;
    }, undefined);
  }

  read(path: string): Promise<Readable | undefined> {
    return this.attempt(async () => {
      if (!(await this.isReachedWithoutLinks(path))) return undefined;
      const file = await open(this.at(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        if ((await file.stat()).isFile()) return file.createReadStream();
      } catch (error) {
        await file.close();
        throw error;
      }
      await file.close();
      return undefined;
    }, undefined);
  }

  /** A second name for the same file, which costs nothing and cannot be half done. */
  async copy(source: StoredObject, target: string): Promise<boolean> {
    return this.attempt(async () => {
      await this.makeFolder(dirname(target));
      await link(this.at(source.path), this.at(target));
      if ((await this.look(target))?.version !== source.version) {
        await unlink(this.at(target));
        return false;
      }
      await sync(this.at(target));
      await sync(dirname(this.at(target)));
      return true;
    }, false);
  }

  async remove(object: StoredObject): Promise<void> {
    await this.attempt(async () => {
      if ((await this.look(object.path))?.version !== object.version) return;
      await unlink(this.at(object.path));
      await sync(dirname(this.at(object.path)));
    }, undefined);
  }

  async prepare(): Promise<void> {
    await this.attempt(() => mkdir(this.folder, { recursive: true }), undefined);
  }

  async check(): Promise<void> {
    await this.entriesOf('');
  }

  /** Depth first, and each folder where its name with a slash comes: that is the order of the whole paths. */
  private async *walk(path: string, prefix: string, after: string): AsyncGenerator<StoredObject> {
    let entries: Dirent[];
    try {
      entries = await this.entriesOf(path);
    } catch (error) {
      if (path === '' || !(error instanceof DomainError)) throw error;
      yield unknown(path, 'it is a folder that Packyard’s user may not read');
      return;
    }
    const here = path === '' ? '' : `${path}/`;
    const ordered = entries
      .map((entry) => `${here}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .sort(compareBytes);
    for (const key of ordered) {
      if (key.endsWith('/')) {
        if (key === `${INCOMING}/` || !mayHold(key, prefix, after)) continue;
        yield* this.walk(key.slice(0, -1), prefix, after);
      } else if (key.startsWith(prefix) && compareBytes(key, after) > 0) {
        const found = await this.lookAt(key);
        if (found) yield found;
      }
    }
  }

  private async lookAt(path: string): Promise<StoredObject | undefined> {
    const stats = await this.attempt(() => lstat(this.at(path), { bigint: true }), undefined);
    if (stats) {
      const unreadable = await this.whyUnreadable(path, stats);
      return { ...describe(path, stats), ...(unreadable && { unreadable }) };
    }
    // A name that is no UTF-8 was read as another one, which leads nowhere.
    return path.includes('\uFFFD') ? unknown(path, 'its name is not UTF-8') : undefined;
  }

  private async whyUnreadable(path: string, stats: BigIntStats): Promise<string | undefined> {
    if (stats.isSymbolicLink()) return 'it is a symbolic link, which is not followed';
    if (!stats.isFile()) return 'it is not a regular file';
    try {
      await access(this.at(path), constants.R_OK);
      return undefined;
    } catch {
      return 'Packyard’s user may not read it';
    }
  }

  private entriesOf(path: string): Promise<Dirent[]> {
    if (path === '') {
      return this.orUnavailable(() => readdir(this.folder, { withFileTypes: true }));
    }
    return this.attempt(() => readdir(this.at(path), { withFileTypes: true }), []);
  }

  private at(path: string): string {
    return join(this.folder, path);
  }

  /** The folder itself may be reached by a link, which is the operator's. */
  private async isReachedWithoutLinks(path: string): Promise<boolean> {
    const folder = await realpath(this.folder);
    return (await realpath(dirname(this.at(path)))) === join(folder, dirname(path));
  }

  /** Makes a folder below ours, and every new name of it durable. */
  private async makeFolder(path: string): Promise<void> {
    const first = await mkdir(this.at(path), { recursive: true });
    if (first === undefined) return;
    for (let folder = this.at(path); ; folder = dirname(folder)) {
      await sync(dirname(folder));
      if (folder === first) return;
    }
  }

  /** @param otherwise the answer where there is nothing at the path */
  private async attempt<T, U>(work: () => Promise<T>, otherwise: U): Promise<T | U> {
    return this.orUnavailable(async () => {
      try {
        return await work();
      } catch (error) {
        if (NOT_THERE.includes((error as NodeJS.ErrnoException).code ?? '')) return otherwise;
        throw error;
      }
    });
  }

  private async orUnavailable<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DomainError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new DomainError(
        'STAGING_UNAVAILABLE',
        `The staging folder ${this.folder} (STAGING_URL) cannot be used: ${code ?? message}. ` +
          'It has to be there, and be readable and writable for the user that Packyard runs as.',
        { code },
        { cause: error },
      );
    }
  }
}

/** Can anything below a folder begin with the prefix and come after a path? @param key ends in a slash */
function mayHold(key: string, prefix: string, after: string): boolean {
  const onTheWay = key.startsWith(prefix) || prefix.startsWith(key);
  return onTheWay && (after.startsWith(key) || compareBytes(key, after) > 0);
}

/** Another inode, size or time of modification: another file. */
function describe(path: string, { ino, size, mtimeNs, mtime }: BigIntStats): StoredObject {
  return {
    path,
    size: Number(size),
    modifiedAt: mtime,
    version: `${ino}:${size}:${mtimeNs}`,
  };
}

/** Something of which no more than its name is known. */
function unknown(path: string, unreadable: string): StoredObject {
  return { path, size: 0, modifiedAt: new Date(0), version: '', unreadable };
}

/** Makes a file's bytes, or a folder's names, survive a power cut. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
