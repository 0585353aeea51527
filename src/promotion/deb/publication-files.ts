import { link, mkdir, open, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MalformedMetadata, parsing } from './malformed-metadata.js';
import { parsePackages } from './packages-index.js';
import type { FetchFile } from './read-distribution.js';
import { byHashPaths, indexPaths, parseReleaseFile, type ReleaseFile } from './release-file.js';

/** The distributions that a publication has. */
export async function distributionsOf(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, 'dists'), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** @throws MalformedMetadata */
export async function readRelease(folder: string, distribution: string): Promise<ReleaseFile> {
  const path = `dists/${distribution}/Release`;
  const content = await readFile(join(folder, path));
  return parsing(path, () => parseReleaseFile(content));
}

/** The files of a publication that is a folder here. */
export function filesIn(folder: string): FetchFile {
  return async (path, size) => {
    const file = await open(join(folder, path)).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new MalformedMetadata(`${path} is missing`) : error;
    });
    try {
      const buffer = Buffer.alloc(size + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
        length += bytesRead;
        if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length);
      }
    } finally {
      await file.close();
    }
  };
}

/** The metadata of a distribution: `Release`, its signatures, and the indexes by name and by hash. */
export function metadataPaths(distribution: string, { indexes }: ReleaseFile): string[] {
  const paths = ['Release', 'InRelease', 'Release.gpg'];
  for (const [path, index] of indexes) paths.push(path, ...byHashPaths(path, index));
  return paths.map((path) => `dists/${distribution}/${path}`);
}

/** Every path that the metadata of one distribution names, itself included. */
export async function namedFilesOf(folder: string, distribution: string): Promise<Set<string>> {
  const release = await readRelease(folder, distribution);
  const named = new Set(metadataPaths(distribution, release));
  for (const architecture of release.architectures) {
    const path = `dists/${distribution}/${indexPaths(architecture).packages}`;
    const content = await readFile(join(folder, path));
    const packages = parsing(path, () => parsePackages(content, distribution));
    for (const each of packages.values()) named.add(each.path);
  }
  return named;
}

/** Makes hard links, and the folders that they go into. */
export async function linkFiles(
  links: readonly { source: string; target: string }[],
): Promise<void> {
  const folders = new Set(links.map(({ target }) => dirname(target)));
  await Promise.all([...folders].map((folder) => mkdir(folder, { recursive: true })));
  await Promise.all(links.map(({ source, target }) => link(source, target)));
}
