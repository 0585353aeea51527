import { copyFile, link, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildOrder, SigningTask } from '../format-builder.js';
import { publicationName } from '../publication.js';
import type { ReleaseDocument, ReleaseExtra } from '../release.js';
import { runTool } from '../tools/run-tool.js';
import { parseRepomd, repomdPath, repomdSignaturePath } from './metadata/repomd.js';

/** How many links are made at once: enough to keep a disk busy. */
const linksAtOnce = 32;

/**
 * Builds an RPM repository into an empty folder. Packages are links to the files that they are made from.
 *
 * @param home a folder for what the tools keep
 * @returns the signature of `repomd.xml`, unless that of an earlier release with the same set holds again
 */
export async function buildRepository(order: BuildOrder, home: string): Promise<SigningTask[]> {
  const { folder, packages, extras, restored } = order;
  await linkAll(
    [...packages, ...extras].map(({ entry, source }) => [source, join(folder, entry.path)]),
  );
  if (restored && hasExactlySet(restored.document, order)) {
    await restoreMetadata(restored.folder, order);
    return [];
  }
  await createMetadata(order, home);
  for (const { entry } of extras) {
    if (entry.type !== 'comps') await addMetadata(order, entry, home);
  }
  await utimes(join(folder, repomdPath), order.now, order.now);
  return [{ form: 'detached', path: repomdPath, signaturePath: repomdSignaturePath }];
}

/**
 * gzip, which every client reads: Enterprise Linux 8 has no zstd. What the base says of a package is taken over
 * where name, size and time of the file are the same, which they are when it is the same file.
 */
async function createMetadata(order: BuildOrder, home: string): Promise<void> {
  const { folder, base, packages, extras, publication, now } = order;
  const list = join(home, 'packages');
  await writeFile(list, packages.map(({ entry }) => `${entry.path}\n`).join(''));
  const comps = extras.find(({ entry }) => entry.type === 'comps');
  await runTool(
    'createrepo_c',
    [
      ...['--quiet', '--error-exit-val', '--pkglist', list],
      ...['--unique-md-filenames', '--no-database', '--checksum', 'sha256'],
      ...['--general-compress-type', 'gz'],
      // What it is, and since when: a client and the signer see that it is no other and no older one.
      ...['--repo', publicationName(publication)],
      ...['--revision', `${secondsOf(now)}`, '--set-timestamp-to-revision'],
      ...(base ? ['--update', '--update-md-path', base.folder] : []),
      ...(comps ? ['--groupfile', join(folder, comps.entry.path)] : []),
      folder,
    ],
    { home },
  );
}

async function addMetadata({ folder }: BuildOrder, extra: ReleaseExtra, home: string) {
  const options = ['--unique-md-filenames', '--checksum', 'sha256', '--compress-type', 'gz'];
  const args = [...options, '--mdtype', extra.type, join(folder, extra.path)];
  await runTool('modifyrepo_c', [...args, join(folder, 'repodata')], { home });
}

/**
 * The hashed files are linked. `repomd.xml` and its signature are copied, to be newer than what they follow: a
 * client that asks for what changed since (zypper does) would otherwise be told that nothing has.
 */
async function restoreMetadata(from: string, { folder, now }: BuildOrder): Promise<void> {
  const repomd = parseRepomd(await readFile(join(from, repomdPath)));
  const paths = [...repomd.files.values()].map(({ path }) => path);
  await linkAll(paths.map((path) => [join(from, path), join(folder, path)]));
  for (const path of [repomdPath, repomdSignaturePath]) {
    await copyFile(join(from, path), join(folder, path));
    await utimes(join(folder, path), now, now);
  }
}

function hasExactlySet(document: ReleaseDocument, { packages, extras }: BuildOrder): boolean {
  const keyOf = ({ path, sha256 }: { path: string; sha256: string }) => `${path} ${sha256}`;
  const wanted = new Set([...packages, ...extras].map(({ entry }) => keyOf(entry)));
  const had = [...document.packages, ...document.extras].map(keyOf);
  return had.length === wanted.size && had.every((key) => wanted.has(key));
}

async function linkAll(links: readonly (readonly [source: string, target: string])[]) {
  for (const folder of new Set(links.map(([, target]) => dirname(target)))) {
    await mkdir(folder, { recursive: true });
  }
  for (let start = 0; start < links.length; start += linksAtOnce) {
    await Promise.all(
      links.slice(start, start + linksAtOnce).map(([source, target]) => link(source, target)),
    );
  }
}

function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
