import {
  chmod,
  link,
  lstat,
  mkdir,
  open,
  readlink,
  rename,
  rm,
  statfs,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskFull, publishedDirSplit } from './tree-errors.js';

export type DiskStep =
  | 'chmod'
  | 'link'
  | 'mkdir'
  | 'remove'
  | 'rename'
  | 'symlink'
  | 'sync'
  | 'touch'
  | 'unlink'
  | 'write';

/** Called before each step that changes the disk, so that a test can make it the last one. */
export type OnStep = (step: DiskStep, path: string) => void | Promise<void>;

/**
 * What the published tree does to the disk. A crash can come between any two of these; what they
 * do lasts through a power cut once the file, and the folder that names it, were synced.
 *
 * @throws DomainError DISK_FULL, PUBLISHED_DIR_SPLIT; otherwise what Node says
 */
export class Disk {
  constructor(private readonly onStep?: OnStep) {}

  /** Makes a folder, and those above it, that every user may read. */
  async makeFolder(path: string): Promise<void> {
    if (await exists(path)) return;
    const make = () => this.step('mkdir', path, () => mkdir(path).catch(unless('EEXIST')));
    await make().catch(async (error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
      await this.makeFolder(dirname(path));
      await make();
    });
    await this.setMode(path, 0o755);
  }

  /** Writes a file that is there whole or not at all. It is not synced to its folder. */
  async writeWhole(path: string, content: string): Promise<void> {
    const unfinished = `${path}.new`;
    await this.step('write', unfinished, async () => {
      await rm(unfinished, { force: true }); // an earlier one may be read-only
      await writeFile(unfinished, content);
    });
    await this.setMode(unfinished, 0o444);
    await this.sync(unfinished);
    await this.rename(unfinished, path);
  }

  /** A second name for a file; nothing where it has that name already. */
  link(file: string, name: string): Promise<void> {
    return this.step('link', name, () => link(file, name).catch(unless('EEXIST')));
  }

  /** @returns false where the name is taken */
  symlink(text: string, path: string): Promise<boolean> {
    return this.step('symlink', path, () => done(symlink(text, path), 'EEXIST'));
  }

  /** @returns false where there was nothing to rename */
  rename(from: string, to: string): Promise<boolean> {
    return this.step('rename', to, () => done(rename(from, to), 'ENOENT'));
  }

  /** @returns false where there was nothing */
  unlink(path: string): Promise<boolean> {
    return this.step('unlink', path, () => done(unlink(path), 'ENOENT'));
  }

  setMode(path: string, mode: number): Promise<void> {
    return this.step('chmod', path, () => chmod(path, mode));
  }

  /** Sets when a folder was last changed. */
  touch(path: string, time: Date): Promise<void> {
    return this.step('touch', path, () => utimes(path, time, time));
  }

  /** Waits until a file's content, or a folder's names, are on the disk itself. */
  sync(path: string): Promise<void> {
    return this.step('sync', path, async () => {
      const opened = await open(path, 'r');
      try {
        await opened.sync();
      } finally {
        await opened.close();
      }
    });
  }

  remove(folder: string): Promise<void> {
    return this.step('remove', folder, () => rm(folder, { recursive: true, force: true }));
  }

  private async step<T>(step: DiskStep, path: string, act: () => Promise<T>): Promise<T> {
    await this.onStep?.(step, path);
    try {
      return await act();
    } catch (error) {
      throw await explained(path, error);
    }
  }
}

/** The text of a symbolic link, or undefined where there is nothing. */
export function readLink(path: string): Promise<string | undefined> {
  return readlink(path).catch(unless('ENOENT'));
}

export function exists(path: string): Promise<boolean> {
  return done(lstat(path), 'ENOENT');
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException)?.code ?? '');
}

/** Bytes that we may still write below a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (!hasCode(error, code)) throw error;
    return undefined;
  };
}

function done(action: Promise<unknown>, notDone: string): Promise<boolean> {
  return action.then(
    () => true,
    (error: unknown) => {
      if (!hasCode(error, notDone)) throw error;
      return false;
    },
  );
}

async function explained(path: string, error: unknown): Promise<unknown> {
  if (hasCode(error, 'EXDEV')) return publishedDirSplit(error);
  if (!hasCode(error, 'ENOSPC', 'EDQUOT')) return error;
  return diskFull(await freeBytes(dirname(path)).catch(() => 0), error);
}
