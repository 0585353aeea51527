import { createHash } from 'node:crypto';
import { inParallel } from '../../common/in-parallel.js';
import { inspectWithControl } from '../../promotion/deb/inspect-package.js';
import { parseDebTarget } from '../../promotion/deb/deb-target.js';
import { MalformedMetadata } from '../../promotion/deb/malformed-metadata.js';
import { type FetchFile, readDistribution } from '../../promotion/deb/read-distribution.js';
import { parseReleaseFile } from '../../promotion/deb/release-file.js';
import type { Destination } from '../../promotion/publication.js';
import { type BaseNote, type FormatSigner, type SigningCase, SNAPSHOT } from '../format-signer.js';
import { OneBase } from '../one-base.js';
import type { SignerOrder, ToldPromotion, ToldRequest } from '../promotion-api.js';
import { readAtMost } from '../read-at-most.js';
import { SigningRefused } from '../signing-refused.js';
import type { OwnFile } from '../staged-files.js';
import { checkRelease } from './check-release.js';
import {
  afterPromotion,
  afterRetention,
  afterRollback,
  afterWithdrawal,
  type ExpectedPackages,
} from './expected-packages.js';
import { type LocalPackage, readLocalPackage } from './local-package.js';
import { longestRelease, readDistributionOf } from './read-distribution-of.js';
import type { SignedDistribution } from './signed-distribution.js';

const RELEASE = /^snapshot\/tree\/dists\/([a-z0-9][a-z0-9.-]*)\/Release$/;

/** A distribution of the new snapshot: where it is, and its `Release`. */
interface Offered {
  readonly distribution: string;
  readonly release: Buffer;
  readonly fetchFile: FetchFile;
}

/** Signs the `Release` of distributions that list what they have to, and nothing else. Packages carry no signature. */
export class DebSigner implements FormatSigner {
  private readonly bases = new Map<string, OneBase<SignedDistribution>>();
  /** By the digest of a `Release`: that it was found to be right. */
  private readonly checks = new Map<string, Promise<void>>();
  private readonly signedForms = new Set<string>();
  /** Names of a withdrawal that a signed `Release` no longer has. */
  private readonly gone = new Set<string>();

  constructor(private readonly given: SigningCase) {}

  async answer(request: ToldRequest, promotion: ToldPromotion): Promise<Buffer> {
    const { form, path, sha256 } = request;
    const { order, keyring } = this.given;
    const [, distribution] = RELEASE.exec(path) ?? [];
    if (distribution === undefined || form === 'rpm-header') {
      throw new SigningRefused(
        `The server wants ${path} signed (${form}), which is nothing that a ${order.kind} of Debian packages needs.`,
      );
    }
    const offered = await this.read(distribution, request, promotion);
    await this.checkOnce(sha256, offered, promotion);
    this.signedForms.add(form);
    return form === 'clearsigned'
      ? keyring.signCleartext(offered.release)
      : keyring.signDetached(offered.release);
  }

  unsigned(): string | undefined {
    if (!this.signedForms.has('clearsigned')) return 'InRelease';
    if (!this.signedForms.has('detached')) return 'Release.gpg';
    const { order } = this.given;
    if (order.kind !== 'withdrawal') return undefined;
    return order.packages.find((name) => !this.gone.has(name));
  }

  private async read(
    distribution: string,
    { sha256 }: ToldRequest,
    { id }: ToldPromotion,
  ): Promise<Offered> {
    const { api, order } = this.given;
    const { target } = order.destination;
    if (target !== undefined && parseDebTarget(target).distribution !== distribution) {
      throw new SigningRefused(
        `The server wants the Release of ${distribution} signed, and this is a ${order.kind} of ${target}.`,
      );
    }
    const path = `dists/${distribution}/Release`;
    const release = await readAtMost(longestRelease, await api.readSnapshot(id, path));
    if (createHash('sha256').update(release).digest('hex') !== sha256) {
      throw new SigningRefused(
        `The server wants ${SNAPSHOT}${path} signed with the SHA-256 ${sha256}, and answers another file.`,
      );
    }
    const fetched = new Map<string, Promise<Buffer>>();
    const fetchFile: FetchFile = (file, size) => {
      const known = fetched.get(file);
      if (known) return known;
      const fetching = api.readSnapshot(id, file).then((content) => readAtMost(size, content));
      fetched.set(file, fetching);
      return fetching;
    };
    return { distribution, release, fetchFile };
  }

  /** It is signed in two forms. */
  private checkOnce(sha256: string, offered: Offered, promotion: ToldPromotion): Promise<void> {
    const known = this.checks.get(sha256);
    if (known) return known;
    const check = this.check(offered, promotion);
    check.catch(() => this.checks.delete(sha256)); // the server may have been away
    this.checks.set(sha256, check);
    return check;
  }

  private async check(offered: Offered, promotion: ToldPromotion): Promise<void> {
    const { order, architectures } = this.given;
    const { distribution, release, fetchFile } = offered;
    const base = await this.baseOf(distribution).in(promotion);
    const { component, series } = order.destination;
    await checkRelease({
      ...{ release, fetchFile, component, series, distribution, architectures },
      base,
      expected: await this.expected(offered, base),
      now: new Date(),
    });
  }

  private async expected(
    offered: Offered,
    base: SignedDistribution | undefined,
  ): Promise<ExpectedPackages> {
    const { order } = this.given;
    const { distribution } = offered;
    const before = base?.packages ?? new Map();
    switch (order.kind) {
      case 'promotion':
        return this.promoted(before, await this.added(offered), order);
      case 'rollback': {
        const { architecture } = parseDebTarget(order.destination.target);
        const restored = await this.restored(distribution, order.release);
        return afterRollback(before, restored, architecture);
      }
      case 'withdrawal':
        return this.remaining(distribution, before, order.packages);
    }
  }

  private promoted(
    before: SignedDistribution['packages'],
    added: readonly LocalPackage[],
    { destination, keep }: Extract<SignerOrder, { kind: 'promotion' }>,
  ): ExpectedPackages {
    const { architecture } = parseDebTarget(destination.target);
    const base = keep === undefined ? before : afterRetention(before, added, architecture, keep);
    return afterPromotion(base, added);
  }

  /** What has to be in it, and of what was staged later the packages that are. */
  private async added(offered: Offered): Promise<LocalPackage[]> {
    const { staged } = this.given;
    if (!staged) return [];
    const all = await staged.fetch();
    const required = await this.describe(
      all.filter((file) => staged.isRequired(file)),
      offered,
    );
    const later = await this.describe(
      all.filter((file) => !staged.isRequired(file)),
      offered,
    );
    if (later.length === 0) return required;
    const listed = await keysIn(offered);
    return [...required, ...later.filter(({ key }) => listed.has(key))];
  }

  private async describe(
    files: readonly OwnFile[],
    { distribution }: Offered,
  ): Promise<LocalPackage[]> {
    const packages: LocalPackage[] = [];
    await inParallel(files, async ({ file }) => {
      const destination = this.given.order.destination as Destination;
      const { stanza } = await inspectWithControl(file, destination);
      packages.push(await readLocalPackage(file, distribution, stanza));
    });
    return packages;
  }

  /** One package may be named that is in several distributions: each has its own. */
  private remaining(
    distribution: string,
    before: SignedDistribution['packages'],
    names: readonly string[],
  ): ExpectedPackages {
    const here = names.filter((name) =>
      [...before.values()].some(({ path }) => path === name || path.endsWith(`/${name}`)),
    );
    if (here.length === 0) {
      throw new SigningRefused(
        `None of the packages that are to be withdrawn is in ${distribution}.`,
      );
    }
    for (const name of here) this.gone.add(name);
    return afterWithdrawal(before, here);
  }

  private async restored(distribution: string, release: string): Promise<SignedDistribution> {
    const restored = await this.readDistribution(release, distribution);
    if (!restored) throw new SigningRefused(`The release ${release} has no ${distribution}.`);
    this.given.onRestored(this.noteOf(distribution, release, restored));
    return restored;
  }

  private readDistribution(release: string, distribution: string) {
    const { api, order, publicKey } = this.given;
    const { component, series } = order.destination;
    return readDistributionOf(api, release, { component, series, distribution }, publicKey);
  }

  private noteOf(
    distribution: string,
    release: string | null,
    signed: SignedDistribution | undefined,
  ): BaseNote {
    const { component, series } = this.given.order.destination;
    const of = `deb/${component}/${series} ${distribution}`;
    if (!signed || release === null) return { of, base: null };
    const { digest, packages } = signed;
    return { of, base: { release, date: signed.release.date, digest, packages: packages.size } };
  }

  private baseOf(distribution: string): OneBase<SignedDistribution> {
    const known = this.bases.get(distribution);
    if (known) return known;
    const { expectedBase, onBase } = this.given;
    const base = new OneBase(
      distribution,
      (release) => this.readDistribution(release, distribution),
      expectedBase,
      (release, found) => onBase(this.noteOf(distribution, release, found)),
    );
    this.bases.set(distribution, base);
    return base;
  }
}

/** What it lists, as it says; that it is right is checked afterwards. */
async function keysIn({ distribution, release, fetchFile }: Offered): Promise<ReadonlySet<string>> {
  try {
    const listed = await readDistribution(distribution, parseReleaseFile(release), fetchFile);
    return new Set(listed.keys());
  } catch (error) {
    if (error instanceof MalformedMetadata) return new Set(); // it is refused for that, and in better words
    throw error;
  }
}
