import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import { PrimaryKeys, SignatureProblem } from '../../signing/primary-keys.js';
import { publicationName } from '../publication.js';
import type { ReleaseDocument, ReleasePackage } from '../release.js';
import { loadWithLibsolv } from './load-with-libsolv.js';
import { type DescribedRepository, describeRepository } from './metadata/describe-repository.js';
import { MetadataProblem } from './metadata/metadata-problem.js';
import { type Repomd, repomdPath, repomdSignaturePath } from './metadata/repomd.js';
import type { RpmTool } from './rpm-tool.js';
import { type VerifiedSnapshot, verifyPackages } from './verify-packages.js';

/**
 * Checks an RPM repository as its clients would, from the signature down to each package.
 * @throws DomainError SNAPSHOT_INVALID
 */
export async function verifyRepository(
  rpm: RpmTool,
  folder: string,
  document: ReleaseDocument,
  publicKeyFile: string,
  verified?: VerifiedSnapshot,
): Promise<void> {
  const keys = await PrimaryKeys.read(publicKeyFile);
  try {
    const repository = await readMetadata(folder, keys);
    requirePublication(repository.repomd, document);
    requirePackages(repository, document.packages);
    requireExtras(repository.repomd, document);
    await requireNothingElse(folder, repository.repomd, document);
    await verifyPackages(rpm, { folder, document }, publicKeyFile, verified);
    await rpm.inWorkFolder((home) => loadWithLibsolv(folder, document.packages, home));
  } catch (error) {
    if (!isFinding(error)) throw error;
    throw new DomainError(
      'SNAPSHOT_INVALID',
      `${publicationName(document.publication)} was built, and does not hold: ${error.message.replace(/\.$/, '')}. ` +
        'Nothing of it went live. Start the promotion again. If that fails too, see docs/operations/key-compromise.md ' +
        'where the signing key has changed; otherwise it is a fault of ours.',
      undefined,
      { cause: error },
    );
  }
}

function isFinding(error: unknown): error is Error {
  return (
    error instanceof MetadataProblem ||
    error instanceof SignatureProblem ||
    (error instanceof DomainError && error.code === 'TOOL_FAILED') ||
    (error as NodeJS.ErrnoException).code === 'ENOENT'
  );
}

async function readMetadata(folder: string, keys: PrimaryKeys): Promise<DescribedRepository> {
  const repomd = await readFile(join(folder, repomdPath));
  const signature = await readFile(join(folder, repomdSignaturePath), 'utf8');
  await keys.checkDetached(repomd, signature);
  return describeRepository(repomd, (path) =>
    Promise.resolve(createReadStream(join(folder, path))),
  );
}

function requirePublication({ publication }: Repomd, document: ReleaseDocument): void {
  if (publication === publicationName(document.publication)) return;
  throw new MetadataProblem(`its metadata is that of ${publication}`);
}

function requirePackages(
  { packages }: DescribedRepository,
  wanted: readonly ReleasePackage[],
): void {
  for (const { path, name, version, architecture, size, sha256 } of wanted) {
    const listed = packages.get(path);
    if (!listed) throw new MetadataProblem(`its metadata does not list ${path}`);
    const same =
      listed.name === name &&
      listed.version === version &&
      listed.architecture === architecture &&
      listed.size === size &&
      listed.sha256 === sha256;
    if (!same) throw new MetadataProblem(`its metadata says of ${path} what is not so`);
  }
  if (packages.size !== wanted.length) {
    throw new MetadataProblem(
      `its metadata lists ${packages.size} packages instead of ${wanted.length}`,
    );
  }
}

function requireExtras({ files }: Repomd, { extras }: ReleaseDocument): void {
  const staged = new Map(extras.map(({ type, sha256 }) => [type, sha256]));
  const published = {
    comps: [files.get('group')?.sha256, files.get('group_gz')?.open?.sha256],
    updateinfo: [files.get('updateinfo')?.open?.sha256],
    modules: [files.get('modules')?.open?.sha256],
  };
  for (const [type, hashes] of Object.entries(published)) {
    const wanted = staged.get(type as keyof typeof published);
    if (hashes.some((hash) => hash !== wanted)) {
      throw new MetadataProblem(`its ${type} is not the one that was staged`);
    }
  }
}

/** In `repodata`, only what the metadata names and what is carried on from before. */
async function requireNothingElse(folder: string, { files }: Repomd, document: ReleaseDocument) {
  const known = new Set([
    ...[...files.values()].map(({ path }) => path),
    ...document.carried.map(({ path }) => path),
    ...[repomdPath, repomdSignaturePath],
  ]);
  for (const name of await readdir(join(folder, 'repodata'))) {
    if (!known.has(`repodata/${name}`)) {
      throw new MetadataProblem(`repodata/${name} belongs neither to it nor to what is carried on`);
    }
  }
}
