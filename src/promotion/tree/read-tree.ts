import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import { inParallel } from '../../common/in-parallel.js';

export interface TreeFile {
  /** In the tree. */
  readonly path: string;
  readonly inode: number;
  /** Permission bits. */
  readonly mode: number;
}

export interface FoundTree {
  readonly files: ReadonlyMap<string, TreeFile>;
  /** In the tree, `''` for itself; each after those above it. */
  readonly folders: readonly string[];
}

/** @throws DomainError SNAPSHOT_INVALID where there is anything but files and folders */
export async function readTree(root: string): Promise<FoundTree> {
  const files = new Map<string, TreeFile>();
  const folders = [''];
  for (const folder of folders) {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    const names: string[] = [];
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) names.push(path);
      else throw notAFile(path);
    }
    await inParallel(names, async (path) => {
      const { ino: inode, mode } = await lstat(join(root, path));
      files.set(path, { path, inode, mode: mode & 0o7777 });
    });
  }
  return { files, folders };
}

function notAFile(path: string): DomainError {
  return new DomainError(
    'SNAPSHOT_INVALID',
    `A release is made of files alone, as its links would outlive what they lead to: ${path}`,
    { path },
  );
}
