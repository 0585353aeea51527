import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOrder, SigningTask } from '../format-builder.js';
import { publicationName } from '../publication.js';
import type { AptlyCache } from './aptly-cache.js';
import { parseDebTarget } from './deb-target.js';
import { distributionsOf, linkFiles, namedFilesOf, readRelease } from './publication-files.js';
import { type DistributionOrder, publishDistributions } from './publish-distributions.js';
import { formatReleaseDate, type ReleaseFile } from './release-file.js';
import { firstNames } from './release-names.js';

/**
 * Builds the snapshot of a DEB publication: with aptly the distributions that change, while the others are linked
 * from the base as they are signed.
 */
export async function buildSnapshot(order: BuildOrder, cache: AptlyCache): Promise<SigningTask[]> {
  const { base, folder } = order;
  const changed = [...new Set(order.changedTargets.map(distributionOf))];
  const before = new Map<string, ReleaseFile>();
  for (const distribution of base ? await distributionsOf(base.folder) : []) {
    before.set(distribution, await readRelease(base!.folder, distribution));
  }

  for (const distribution of before.keys()) {
    if (changed.includes(distribution)) continue;
    await linkDistribution(base!.folder, folder, distribution);
  }
  await publishDistributions(
    {
      publication: publicationName(order.publication),
      folder,
      distributions: changed.map((each) => describe(order, each, before.get(each))),
    },
    cache,
  );
  for (const distribution of changed) {
    await removeLinks(join(folder, 'dists', distribution));
    await setDate(folder, distribution, laterThan(before.get(distribution), order.now));
  }
  return changed.flatMap(signingTasks);
}

function distributionOf(target: string): string {
  return parseDebTarget(target).distribution;
}

/** @param before the `Release` that it had; its names and architectures stay, or apt would stop */
function describe(
  { publication, component, packages }: BuildOrder,
  distribution: string,
  before: ReleaseFile | undefined,
): DistributionOrder {
  const own = packages.filter(({ entry }) => distributionOf(entry.target) === distribution);
  const architectures = new Set([
    ...(component.deb?.architectures ?? []),
    ...(before?.architectures ?? []),
    ...own.map(({ entry }) => entry.architecture).filter((each) => each !== 'all'),
  ]);
  const { origin, label } = before ?? firstNames(publication.component, publication.series);
  const as = { origin, label, architectures: [...architectures].sort() };
  return { name: distribution, packages: own, as };
}

async function linkDistribution(from: string, to: string, distribution: string): Promise<void> {
  const paths = [...(await namedFilesOf(from, distribution))];
  await linkFiles(paths.map((path) => ({ source: join(from, path), target: join(to, path) })));
}

/** aptly remembers in links under by-hash which file is the newest; they name folders of this machine. */
async function removeLinks(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) await rm(join(entry.parentPath, entry.name));
  }
}

/** apt goes by whole seconds, and keeps the index that it has when the date of a new one is earlier. */
function laterThan(before: ReleaseFile | undefined, now: Date): Date {
  const earliest = before ? before.date.getTime() + 1000 : 0;
  return new Date(Math.max(Math.floor(now.getTime() / 1000) * 1000, earliest));
}

/** aptly has no option for it. */
async function setDate(folder: string, distribution: string, date: Date): Promise<void> {
  const file = join(folder, 'dists', distribution, 'Release');
  const text = await readFile(file, 'latin1');
  const dated = text.replace(/^Date: .*$/m, `Date: ${formatReleaseDate(date)}`);
  await writeFile(file, dated, 'latin1');
}

function signingTasks(distribution: string): SigningTask[] {
  const path = `dists/${distribution}/Release`;
  return [
    { form: 'clearsigned', path, signaturePath: `dists/${distribution}/InRelease` },
    { form: 'detached', path, signaturePath: `${path}.gpg` },
  ];
}
