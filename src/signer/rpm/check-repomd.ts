import { basename } from 'node:path';
import { outgrown } from '../../promotion/outgrown.js';
import type { Content } from '../../promotion/rpm/metadata/checked-content.js';
import {
  type DescribedPackage,
  type DescribedRepository,
  describeRepository,
} from '../../promotion/rpm/metadata/describe-repository.js';
import { MetadataProblem } from '../../promotion/rpm/metadata/metadata-problem.js';
import { PACKAGE_LISTS } from '../../promotion/rpm/metadata/package-list.js';
import type { Repomd } from '../../promotion/rpm/metadata/repomd.js';
import { SigningRefused } from '../signing-refused.js';
import { type AddedPackage, describeOwn } from './own-description.js';
import type { VerifiedBase } from './verified-base.js';

export type ExtraType = 'comps' | 'updateinfo' | 'modules';

export interface RepomdRequest {
  /** `rpm/core/2025/el9-x86_64`, of the command line. */
  readonly publication: string;
  /** What is to be signed. */
  readonly repomd: Buffer;
  /** Fetches a file that it names. What it answers is checked. */
  readonly fetchFile: (path: string) => Promise<Content>;
  /** What it has to build upon; none for the first release. */
  readonly base?: VerifiedBase;
  /** What was signed just now. */
  readonly added: readonly AddedPackage[];
  /** Paths that have to be gone from the base: what a withdrawal named on the command line. */
  readonly removed: readonly string[];
  /** The retention of the command line, by which more has to be gone. */
  readonly retention?: Retention;
  /** SHA-256 of the content, unpacked, of extras that were read from staging; the others are the base's. */
  readonly extras: ReadonlyMap<ExtraType, string>;
  /** An empty folder of our own. */
  readonly workFolder: string;
  readonly now?: Date;
}

export interface Retention {
  /** How many of the newest versions of each package stay. */
  readonly keep: number;
  /** Names of the files that are staged: what is live already and promoted again stays. */
  readonly staged: ReadonlySet<string>;
}

/** What a time may lie ahead of our clock, in seconds. */
const clockTolerance = 5 * 60;

/**
 * Whether this `repomd.xml` is one that we sign: it describes the base's packages as the base did, those that we
 * signed just now as our own createrepo_c does, and nothing else.
 *
 * @throws SigningRefused
 */
export async function checkRepomd(request: RepomdRequest): Promise<void> {
  const { publication, repomd, fetchFile, base, added, extras, workFolder } = request;
  const own = await describeOwn(added, workFolder);
  for (const { path } of added) {
    if (!own.has(path)) refuse(`createrepo_c on this machine does not describe ${path}`);
  }

  const offered = await describe(repomd, fetchFile);
  if (offered.repomd.publication !== publication) {
    refuse(`it is for ${offered.repomd.publication}, and this is a promotion of ${publication}`);
  }
  requireTimes(offered.repomd, base?.repomd, request.now ?? new Date());
  const removed = [...request.removed, ...dropped(request, own, offered.packages)];
  requirePackages(offered.packages, wantedPackages(base?.packages, own, removed));
  requireExtras(offered.repomd, base?.repomd, extras);
}

async function describe(
  repomd: Buffer,
  fetchFile: RepomdRequest['fetchFile'],
): Promise<DescribedRepository> {
  try {
    return await describeRepository(repomd, fetchFile);
  } catch (error) {
    if (!(error instanceof MetadataProblem)) throw error;
    return refuse(error.message, error);
  }
}

/** Never older than the base: a client would see the newer packages go. */
function requireTimes(offered: Repomd, base: Repomd | undefined, now: Date): void {
  if (base && offered.revision < base.revision) {
    refuse(`its revision ${offered.revision} is older than that of the base, ${base.revision}`);
  }
  const latest = Math.floor(now.getTime() / 1000) + clockTolerance;
  const times = [offered.revision, ...[...offered.files.values()].map((it) => it.timestamp)];
  for (const time of times) {
    if (time > latest) refuse(`it is dated ${time}, which is in the future by our clock`);
  }
}

/** Paths that the retention takes out of the base. */
function dropped(
  { base, retention }: RepomdRequest,
  own: ReadonlyMap<string, DescribedPackage>,
  offered: ReadonlyMap<string, DescribedPackage>,
): string[] {
  if (!retention) return [];
  const live = [...(base?.packages.values() ?? [])];
  const again = live.filter(
    ({ path }) => retention.staged.has(basename(path)) && offered.has(path),
  );
  return outgrown('rpm', live, [...own.values(), ...again], retention.keep).map(({ path }) => path);
}

function wantedPackages(
  base: ReadonlyMap<string, DescribedPackage> | undefined,
  own: ReadonlyMap<string, DescribedPackage>,
  removed: readonly string[],
): Map<string, DescribedPackage> {
  const wanted = new Map(base);
  for (const path of removed) {
    if (!wanted.delete(path)) refuse(`${path} is to be taken away, and the base does not have it`);
  }
  for (const [path, described] of own) {
    const before = wanted.get(path);
    if (before && before.sha256 !== described.sha256) {
      refuse(`${path} is in the base already, as another file`);
    }
    if (!before) wanted.set(path, described);
  }
  return wanted;
}

function requirePackages(
  offered: ReadonlyMap<string, DescribedPackage>,
  wanted: ReadonlyMap<string, DescribedPackage>,
): void {
  for (const path of wanted.keys()) {
    if (!offered.has(path)) refuse(`it does not list ${path}`);
  }
  for (const [path, described] of offered) {
    const expected = wanted.get(path);
    if (!expected) {
      return refuse(`it lists ${path}, which neither the base has nor this set`);
    }
    if (described.sha256 !== expected.sha256) {
      refuse(
        `it lists ${path} with the SHA-256 ${described.sha256} instead of ${expected.sha256}: ` +
          'the server has another file, or signs with another version of rpm than this machine',
      );
    }
    const differing = PACKAGE_LISTS.find(
      (list) => described.digests[list] !== expected.digests[list],
    );
    if (differing) {
      refuse(
        `its ${differing} describes ${path} in another way than the base does, or createrepo_c here`,
      );
    }
  }
}

function requireExtras(
  { files }: Repomd,
  base: Repomd | undefined,
  staged: ReadonlyMap<ExtraType, string>,
): void {
  for (const type of ['comps', 'updateinfo', 'modules'] as const) {
    const wanted = staged.get(type) ?? (base && contentsOf(base.files, type)[0]);
    if (contentsOf(files, type).some((content) => content !== wanted)) {
      refuse(`its ${type} is neither the one that was staged nor that of the base`);
    }
  }
}

/** SHA-256 of an extra's content in each form in which it is there. */
function contentsOf(files: Repomd['files'], type: ExtraType): (string | undefined)[] {
  return type === 'comps'
    ? [files.get('group')?.sha256, files.get('group_gz')?.open?.sha256]
    : [files.get(type)?.open?.sha256];
}

function refuse(reason: string, cause?: Error): never {
  throw new SigningRefused(
    `What the server wants signed as repomd.xml is refused: ${reason}.`,
    cause && { cause },
  );
}
