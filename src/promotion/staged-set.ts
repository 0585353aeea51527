import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DomainError } from '../common/domain-error.js';
import { fetchVerified } from '../staging/fetch-verified.js';
import type { CompleteFile, StagedFile as StagingFile } from '../staging/staging-store.js';
import { sha256OfFile } from '../staging/sha256-of.js';
import { askForSignatures } from './ask-for-signatures.js';
import type { SnapshotFile, StagedFile } from './format-builder.js';
import type { PromotionJob } from './promotion-job.js';
import type { PromotionFile } from './promotion.js';
import { type Destination, stagingPlaces } from './publication.js';
import type { ReleaseExtra, ReleasePackage } from './release.js';

/** A staged package, with the size and hash that it was staged with: those of the signed file are not known yet. */
export interface StagedPackage {
  readonly entry: ReleasePackage;
  readonly file: PromotionFile;
}

/** What was staged when the promotion froze it, read and checked. */
export interface StagedSet {
  readonly packages: readonly StagedPackage[];
  readonly extras: readonly SnapshotFile<ReleaseExtra>[];
}

/** Files in one promotion, so that neither its journal nor what is read for it grows without end. */
const MOST_FILES = 10_000;

/**
 * freeze → fetch → inspect
 * @throws DomainError NOTHING_STAGED, PACKAGE_REFUSED, and what staging says of a file that is not what it was
 */
export async function takeStagedSet(job: PromotionJob): Promise<StagedSet> {
  const component = job.component();
  const frozen = await job.step('freeze', () => freeze(job));
  await job.step('fetch', () => job.forEach('fetch', frozen, (file) => fetchFile(job, file)));
  const contents = new Map<PromotionFile, StagedFile>();
  await job.step('inspect', () =>
    job.forEach('inspect', frozen, async (file) => {
      const place = { ...job.destination, target: file.target };
      const content = await job.builder.inspect(stagedFile(job, file), place, component);
      await job.shop.promotions.setContent(job.id, file, content);
      contents.set(file, content);
    }),
  );
  return {
    packages: frozen.flatMap((file) => asPackage(job, file, contents.get(file))),
    extras: frozen.flatMap((file) => asExtra(file, contents.get(file), stagedFile(job, file))),
  };
}

/** sign packages: each with the signature that it carries, where its format has that. */
export async function signPackages(
  job: PromotionJob,
  packages: readonly StagedPackage[],
): Promise<SnapshotFile<ReleasePackage>[]> {
  const { packageSignature } = job.builder;
  if (!packageSignature) {
    return packages.map(({ entry, file }) => ({ entry, source: stagedFile(job, file) }));
  }
  return job.step('sign_packages', async () => {
    await mkdir(job.inWork('signed'), { recursive: true });
    const requests = packages.map(({ file }) => ({
      form: packageSignature.form,
      path: join('staged', file.file),
      signaturePath: join('signed', file.file),
      sha256: file.sha256,
    }));
    await askForSignatures(job, 'sign_packages', requests, async (request, signature) => {
      const signed = job.inWork(request.signaturePath);
      if (await isThere(signed)) return; // made when it came in
      const staged = job.inWork(request.path);
      await packageSignature.apply(staged, signature, signed, job.shop.publicKeyFile);
    });
    return Promise.all(
      packages.map(async ({ entry, file }) => {
        const source = job.inWork(join('signed', file.file));
        const { size } = await stat(source);
        return { entry: { ...entry, size, sha256: await sha256OfFile(source) }, source };
      }),
    );
  });
}

/** What is whole in staging now. What comes later waits for the next promotion. */
async function freeze(job: PromotionJob): Promise<PromotionFile[]> {
  const { id, shop, destination } = job;
  const earlier = await shop.promotions.files(id);
  if (earlier.length > 0) return earlier;
  const files: Omit<PromotionFile, 'content'>[] = [];
  const refused: string[] = [];
  for (const place of stagingPlaces(destination, job.component())) {
    const found: StagingFile[] = [];
    for await (const each of shop.staging.list(place)) found.push(each);
    const complete = found.filter((each) => each.state === 'complete');
    if (destination.format === 'oci') requireOne(place, complete);
    for (const each of found) {
      if (each.state === 'refused') refused.push(`${each.path}: ${each.problem}`);
    }
    for (const { name: file, size, sha256 } of complete) {
      files.push({ file, target: place.target, size, sha256 });
    }
  }
  if (refused.length > 0) throw refusedFiles(refused);
  if (files.length === 0) throw nothingStaged(destination);
  if (files.length > MOST_FILES) throw tooMany(files.length);
  return shop.promotions.freeze(id, files);
}

/** An index is over one image of each architecture, and never over fewer than the catalogue has. */
function requireOne(place: Destination, complete: readonly CompleteFile[]): void {
  if (complete.length === 0) throw nothingStaged(place);
  if (complete.length === 1) return;
  const paths = complete.map(({ path }) => path);
  throw refusedFiles([`${paths.join(', ')}: more than one image for ${place.target}`]);
}

async function fetchFile(job: PromotionJob, file: PromotionFile): Promise<void> {
  const { size, sha256 } = file;
  const here = stagedFile(job, file);
  if ((await isThere(here, size)) && (await sha256OfFile(here)) === sha256) return;
  await mkdir(dirname(here), { recursive: true });
  const { shop, signal } = job;
  const place = { ...job.destination, target: file.target };
  await fetchVerified(shop.staging, place, file.file, { size, sha256 }, here, { signal });
}

/** Images of several architectures may have one name. */
function stagedFile(job: PromotionJob, { file, target }: PromotionFile): string {
  const isPart = target !== job.destination.target;
  return job.inWork(join('staged', ...(isPart ? [target] : []), file));
}

function asPackage(
  job: PromotionJob,
  file: PromotionFile,
  content: StagedFile | undefined,
): StagedPackage[] {
  if (content?.kind !== 'package') return [];
  const { name, version, architecture, identity, path } = content;
  const { target } = job.destination;
  const { size, sha256 } = content.published ?? file;
  return [{ file, entry: { target, name, version, architecture, path, size, sha256, identity } }];
}

function asExtra(
  { target }: PromotionFile,
  content: StagedFile | undefined,
  source: string,
): SnapshotFile<ReleaseExtra>[] {
  if (content?.kind !== 'extra') return [];
  const { type, path, size, sha256 } = content;
  return [{ entry: { target, type, path, size, sha256 }, source }];
}

async function isThere(file: string, size?: number): Promise<boolean> {
  try {
    const found = await stat(file);
    return found.isFile() && (size === undefined || found.size === size);
  } catch {
    return false;
  }
}

function placeOf({ component, series, format, target }: Destination): string {
  return `${component}/${series}/${format}/${target}`;
}

function nothingStaged(destination: Destination): DomainError {
  return new DomainError(
    'NOTHING_STAGED',
    `Nothing that is complete waits in staging at ${placeOf(destination)}: a file is complete with its .sha256 beside it. ` +
      'scripts/stage-artifact.sh uploads both.',
  );
}

function tooMany(count: number): DomainError {
  return new DomainError(
    'PACKAGE_REFUSED',
    `${count} files are staged, and one promotion takes ${MOST_FILES}: move some away, promote, and then the others.`,
  );
}

function refusedFiles(refused: readonly string[]): DomainError {
  return new DomainError(
    'PACKAGE_REFUSED',
    `Staging holds what cannot be promoted: ${refused.join('; ')}. Remove it from there, then promote again.`,
    { files: refused },
  );
}
