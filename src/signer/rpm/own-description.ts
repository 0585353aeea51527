import { createReadStream } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type DescribedPackage,
  describeRepository,
} from '../../promotion/rpm/metadata/describe-repository.js';
import { repomdPath } from '../../promotion/rpm/metadata/repomd.js';
import { runTool } from '../../promotion/tools/run-tool.js';

/** A package that is to be published, and our own signed copy of it. */
export interface AddedPackage {
  /** Absolute. */
  readonly file: string;
  /** In the publication: `Packages/acme-2.0-1.x86_64.rpm`. */
  readonly path: string;
}

/**
 * How our own createrepo_c describes packages, by path.
 * @param folder an empty folder of our own, for what it makes
 */
export async function describeOwn(
  packages: readonly AddedPackage[],
  folder: string,
): Promise<ReadonlyMap<string, DescribedPackage>> {
  if (packages.length === 0) return new Map();
  for (const { file, path } of packages) {
    const place = join(folder, path);
    await mkdir(dirname(place), { recursive: true });
    await symlink(file, place);
  }
  const options = ['--quiet', '--error-exit-val', '--no-database', '--checksum', 'sha256'];
  const format = ['--unique-md-filenames', '--general-compress-type', 'gz'];
  const about = ['--revision', '0', '--repo', 'ours'];
  await runTool('createrepo_c', [...options, ...format, ...about, folder], { home: folder });

  const repomd = await readFile(join(folder, repomdPath));
  const described = await describeRepository(repomd, (path) =>
    Promise.resolve(createReadStream(join(folder, path))),
  );
  return described.packages;
}
