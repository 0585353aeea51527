import { basename } from 'node:path';
import { inspectPackage } from '../promotion/deb/inspect-package.js';
import { parseDebTarget } from '../promotion/deb/deb-target.js';
import { outgrown } from '../promotion/outgrown.js';
import { type Destination, publicationName, publicationOf } from '../promotion/publication.js';
import type { StagedFile } from '../promotion/format-builder.js';
import { inspectExtra, isExtra } from '../promotion/rpm/inspect-extra.js';
import { inspectRpm } from '../promotion/rpm/inspect-rpm.js';
import { RpmTool } from '../promotion/rpm/rpm-tool.js';
import { readDistributionOf } from './deb/read-distribution-of.js';
import type { BaseNote } from './format-signer.js';
import type { PromotionApi } from './promotion-api.js';
import { readBase } from './rpm/read-base.js';
import type { OwnFile } from './staged-files.js';

/** What a promotion would do with a staged file. */
export interface PreviewedFile {
  readonly file: string;
  /** `add`: it is new. `replace`: a newer comps, updateinfo or modules. `keep`: it is live already. `refuse`: it is live with other content. */
  readonly change: 'add' | 'replace' | 'keep' | 'refuse';
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Versions of the same package that are live, and stay so beside it. */
  readonly beside: readonly string[];
}

export interface Preview {
  readonly base: BaseNote;
  readonly files: readonly PreviewedFile[];
  /** What the retention takes away. */
  readonly removed: readonly RemovedPackage[];
}

export interface RemovedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly path: string;
}

interface LivePackage extends RemovedPackage {
  /** Of a DEB, which stays as it was staged; an RPM is another file once it is signed. */
  readonly stagedSha256?: string;
}

interface Live {
  readonly base: BaseNote;
  readonly packages: readonly LivePackage[];
  /** SHA-256 of the contents of comps, updateinfo and modules, by type. */
  readonly extras: ReadonlyMap<string, string | undefined>;
}

/**
 * What a promotion of these files would change, without changing anything: by the signed metadata of the live release,
 * which is verified as the signer does it.
 *
 * @param release the live one; undefined: nothing is live
 * @param keep the retention; undefined: all stay
 * @throws SigningRefused where it does not verify; DomainError PACKAGE_REFUSED for a file that cannot be promoted
 */
export async function previewPromotion(order: {
  readonly api: Pick<PromotionApi, 'readRelease'>;
  readonly destination: Destination;
  readonly release: string | undefined;
  readonly keep?: number;
  readonly staged: readonly OwnFile[];
  readonly publicKey: string;
  readonly workFolder: string;
}): Promise<Preview> {
  const { destination, staged, workFolder, keep } = order;
  const { base, packages, extras } = await readLive(order);
  const rpm = new RpmTool(workFolder);
  const files: PreviewedFile[] = [];
  const promoted: Extract<StagedFile, { kind: 'package' }>[] = [];
  for (const own of staged) {
    const content = await inspect(own, destination, rpm);
    if (content.kind === 'extra') {
      const before = extras.get(content.type);
      const change = before === undefined ? 'add' : before === content.sha256 ? 'keep' : 'replace';
      const about = { name: content.type, version: '', architecture: '', beside: [] };
      files.push({ file: own.name, change, ...about });
    } else {
      promoted.push(content);
      files.push(compare(own, content, packages));
    }
  }
  const removed = removedBy(keep, packages, promoted, destination);
  return { base, files: files.map((each) => withoutGone(each, removed)), removed };
}

function removedBy(
  keep: number | undefined,
  live: readonly LivePackage[],
  promoted: readonly Extract<StagedFile, { kind: 'package' }>[],
  { format, target }: Destination,
): RemovedPackage[] {
  if (keep === undefined) return [];
  const architecture = format === 'deb' ? parseDebTarget(target).architecture : undefined;
  const ofTarget = live.filter(
    (each) => architecture === undefined || each.architecture === architecture,
  );
  return outgrown(format, ofTarget, promoted, keep).map(
    ({ name, version, architecture, path }) => ({ name, version, architecture, path }),
  );
}

function withoutGone(file: PreviewedFile, removed: readonly RemovedPackage[]): PreviewedFile {
  const gone = removed.filter(({ name }) => name === file.name).map(({ version }) => version);
  return { ...file, beside: file.beside.filter((version) => !gone.includes(version)) };
}

function compare(
  { name: file, sha256 }: OwnFile,
  { name, version, architecture, path }: Extract<StagedFile, { kind: 'package' }>,
  live: readonly LivePackage[],
): PreviewedFile {
  const same = live.filter((each) => each.name === name && each.architecture === architecture);
  const beside = same.map((each) => each.version).filter((each) => each !== version);
  const known = live.find((each) => basename(each.path) === basename(path));
  const differs = known?.stagedSha256 !== undefined && known.stagedSha256 !== sha256;
  const change = known === undefined ? 'add' : differs ? 'refuse' : 'keep';
  return { file, change, name, version, architecture, beside };
}

function inspect(own: OwnFile, destination: Destination, rpm: RpmTool): Promise<StagedFile> {
  if (destination.format === 'deb') return inspectPackage(own.file, destination);
  return isExtra(own.name) ? inspectExtra(own.file) : inspectRpm(rpm, own.file, destination);
}

function readLive(order: Parameters<typeof previewPromotion>[0]): Promise<Live> {
  return order.destination.format === 'deb' ? readLiveDeb(order) : readLiveRpm(order);
}

async function readLiveRpm(order: Parameters<typeof previewPromotion>[0]): Promise<Live> {
  const { api, destination, release, publicKey } = order;
  const of = publicationName(publicationOf(destination));
  if (release === undefined) return { base: { of, base: null }, packages: [], extras: new Map() };
  const { repomd, packages, digest, date } = await readBase(api, release, of, publicKey);
  const { files } = repomd;
  return {
    base: { of, base: { release, date, digest, packages: packages.size } },
    packages: [...packages.values()],
    extras: new Map([
      ['comps', files.get('group')?.sha256],
      ['updateinfo', files.get('updateinfo')?.open?.sha256],
      ['modules', files.get('modules')?.open?.sha256],
    ]),
  };
}

async function readLiveDeb(order: Parameters<typeof previewPromotion>[0]): Promise<Live> {
  const { api, destination, release, publicKey } = order;
  const { component, series, target } = destination;
  const { distribution } = parseDebTarget(target);
  const of = `deb/${component}/${series} ${distribution}`;
  const name = { component, series, distribution };
  const live = release && (await readDistributionOf(api, release, name, publicKey));
  if (!live) return { base: { of, base: null }, packages: [], extras: new Map() };
  const { digest, packages } = live;
  const { date } = live.release;
  return {
    base: { of, base: { release, date, digest, packages: packages.size } },
    packages: [...packages.values()].map((each) => ({ ...each, stagedSha256: each.sha256 })),
    extras: new Map(),
  };
}
