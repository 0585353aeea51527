import { gunzipSync } from 'node:zlib';
import { MalformedMetadata, parsing } from './malformed-metadata.js';
import { type IndexedPackage, parsePackages } from './packages-index.js';
import { differingField } from './plain-fields.js';
import { checkIndex, COMPONENT, indexPaths, type ReleaseFile } from './release-file.js';
import { parseStanza } from './stanza.js';

/**
 * Answers a file of a publication (`dists/bookworm/main/binary-amd64/Packages`).
 * @param size the bytes that it has to have; of a longer one it need not answer more than one byte beyond
 */
export type FetchFile = (path: string, size: number) => Promise<Buffer>;

/** The packages of a distribution, by `packageKey`. */
export type PackageList = ReadonlyMap<string, IndexedPackage>;

/** Bytes; more than a hundred times what a thousand packages need. */
const MAX_INDEX_SIZE = 128 * 1024 * 1024;

/**
 * Reads every index that a `Release` names, checks each against it, and that all of them say the same.
 *
 * @throws MalformedMetadata, naming the file; what `fetchFile` throws
 */
export async function readDistribution(
  distribution: string,
  release: ReleaseFile,
  fetchFile: FetchFile,
): Promise<PackageList> {
  const folder = `dists/${distribution}`;
  const fetchIndex = async <T>(path: string, parse: (content: Buffer) => T): Promise<T> => {
    const index = release.indexes.get(path)!;
    const file = `${folder}/${path}`;
    if (index.size > MAX_INDEX_SIZE) throw new MalformedMetadata(`${file}: it is too large`);
    const content = await fetchFile(file, index.size);
    return parsing(file, () => {
      checkIndex(content, index);
      return parse(content);
    });
  };

  const lists = new Map<string, PackageList>();
  for (const architecture of release.architectures) {
    const paths = indexPaths(architecture);
    const [plain, packages] = await fetchIndex(paths.packages, (content) => {
      return [content, parsePackages(content, distribution)] as const;
    });
    await fetchIndex(paths.compressed, (content) => checkCompressed(content, plain));
    await fetchIndex(paths.release, (content) =>
      checkArchitectureRelease(content, release, architecture),
    );
    lists.set(architecture, packages);
  }
  return parsing(folder, () => merge(lists));
}

/** Of `all` packages, every architecture lists the same; of the others, only their own does. */
function merge(lists: ReadonlyMap<string, PackageList>): PackageList {
  const packages = new Map<string, IndexedPackage>();
  for (const [architecture, list] of lists) {
    for (const [key, listed] of list) {
      if (listed.architecture !== architecture && listed.architecture !== 'all') {
        throw new MalformedMetadata(`${key} is listed for ${architecture}`);
      }
      const known = packages.get(key);
      if (known) {
        const field = differingField(known.fields, listed.fields);
        if (field) throw new MalformedMetadata(`${key} has two values of ${field}`);
      }
      packages.set(key, listed);
    }
  }
  for (const [key, { architecture }] of packages) {
    const lacking = [...lists.keys()].find((each) => !lists.get(each)!.has(key));
    if (architecture === 'all' && lacking) {
      throw new MalformedMetadata(`${key} is not listed for ${lacking}`);
    }
  }
  const paths = [...packages.values()].map(({ path }) => path);
  if (new Set(paths).size < paths.length) {
    throw new MalformedMetadata('two packages have one file');
  }
  return packages;
}

/** Unpacks no more than the size that is expected: a bomb does not go off. */
function checkCompressed(compressed: Buffer, plain: Buffer): void {
  let unpacked: Buffer;
  try {
    unpacked = gunzipSync(compressed, { maxOutputLength: Math.max(plain.length, 1) });
  } catch {
    throw new MalformedMetadata('it cannot be unpacked to the size of Packages');
  }
  if (!unpacked.equals(plain)) throw new MalformedMetadata('it holds something else than Packages');
}

/** The `Release` of one architecture, which no apt reads any more; aptly writes it. */
function checkArchitectureRelease(
  content: Buffer,
  release: ReleaseFile,
  architecture: string,
): void {
  const expected = new Map([
    ['origin', release.origin],
    ['label', release.label],
    ['archive', release.suite],
    ['suite', release.suite],
    ['codename', release.codename],
    ['architecture', architecture],
    ['component', COMPONENT],
    ['acquire-by-hash', 'yes'],
  ]);
  const field = differingField(parseStanza(content), expected);
  if (field) throw new MalformedMetadata(`its ${field} is not that of the distribution`);
}
