import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { publicationName, publicationOf, type Destination } from '../../promotion/publication.js';
import { inspectExtra, isExtra } from '../../promotion/rpm/inspect-extra.js';
import { inspectRpm } from '../../promotion/rpm/inspect-rpm.js';
import {
  longestRepomd,
  repomdPath,
  repomdSignaturePath,
  parseRepomd,
} from '../../promotion/rpm/metadata/repomd.js';
import { MetadataProblem } from '../../promotion/rpm/metadata/metadata-problem.js';
import { RpmTool } from '../../promotion/rpm/rpm-tool.js';
import { type FormatSigner, type SigningCase, SNAPSHOT } from '../format-signer.js';
import { OneBase } from '../one-base.js';
import type { ToldPromotion, ToldRequest } from '../promotion-api.js';
import { readAtMost } from '../read-at-most.js';
import { SigningRefused } from '../signing-refused.js';
import type { OwnFile } from '../staged-files.js';
import { checkRepomd, type ExtraType } from './check-repomd.js';
import type { AddedPackage } from './own-description.js';
import { readBase } from './read-base.js';
import { signPackage } from './sign-package.js';
import type { VerifiedBase } from './verified-base.js';

interface SignedPackage extends AddedPackage {
  readonly sha256: string;
  readonly signature: Buffer;
}

/** Signs RPMs that it read from staging, and the `repomd.xml` that lists them beside those of the base. */
export class RpmSigner implements FormatSigner {
  private readonly publication: string;
  private readonly rpm: RpmTool;
  private readonly base: OneBase<VerifiedBase>;
  /** By file name. */
  private readonly signed = new Map<string, SignedPackage>();
  private readonly signing = new Map<string, Promise<SignedPackage>>();
  private metadataSigned = false;

  constructor(private readonly given: SigningCase) {
    const { api, order, publicKey, expectedBase, onBase } = given;
    this.publication = publicationName(publicationOf(order.destination as Destination));
    this.rpm = new RpmTool(join(given.workFolder, 'rpm'));
    const read = (release: string) => readBase(api, release, this.publication, publicKey);
    this.base = new OneBase(this.publication, read, expectedBase, (release, base) =>
      onBase({
        of: this.publication,
        base: base
          ? {
              release: release!,
              date: base.date,
              digest: base.digest,
              packages: base.packages.size,
            }
          : null,
      }),
    );
  }

  answer(request: ToldRequest, promotion: ToldPromotion): Promise<Buffer> {
    const { kind } = this.given.order;
    if (kind === 'rollback') {
      throw new SigningRefused(
        `The server wants ${request.path} signed, and a rollback of RPMs needs no signature: its metadata was signed before.`,
      );
    }
    const [, name] = /^staged\/([^/]+)$/.exec(request.path) ?? [];
    if (request.form === 'rpm-header' && name !== undefined && kind === 'promotion') {
      return this.signPackage(name, request);
    }
    if (request.form === 'detached' && request.path === SNAPSHOT + repomdPath) {
      return this.signMetadata(request, promotion);
    }
    throw new SigningRefused(
      `The server wants ${request.path} signed (${request.form}), which is nothing that a ${kind} of RPMs needs.`,
    );
  }

  unsigned(): string | undefined {
    if (this.given.order.kind === 'rollback' || this.metadataSigned) return undefined;
    return repomdSignaturePath;
  }

  private async signPackage(name: string, { sha256 }: ToldRequest): Promise<Buffer> {
    const own = await this.given.staged?.find(name);
    if (!own) {
      throw new SigningRefused(`The server wants ${name} signed, which is not in staging.`);
    }
    if (own.sha256 !== sha256) {
      throw new SigningRefused(
        `The server wants ${name} signed with the SHA-256 ${sha256}, and in staging it has ${own.sha256}.`,
      );
    }
    // Asked again, it gets the same signature: it is that of the file whose digest repomd.xml will have.
    const signing = this.signing.get(name) ?? this.signCopy(own);
    this.signing.set(name, signing);
    const signed = await signing;
    this.signed.set(name, signed);
    return signed.signature;
  }

  private async signCopy({ name, sha256, file }: OwnFile): Promise<SignedPackage> {
    const { order, keyring, workFolder } = this.given;
    const staged = isExtra(name)
      ? await inspectExtra(file)
      : await inspectRpm(this.rpm, file, order.destination as Destination);
    if (staged.kind !== 'package') {
      throw new SigningRefused(`The server wants ${name} signed, which is no package.`);
    }
    const folder = join(workFolder, 'signed');
    await mkdir(folder, { recursive: true });
    const copy = join(folder, name);
    await copyFile(file, copy);
    const { home: gnupgHome, fingerprint, passphraseFile } = keyring;
    const signature = await signPackage({ file: copy, gnupgHome, fingerprint, passphraseFile });
    return { file: copy, path: staged.path, sha256, signature };
  }

  private async signMetadata({ sha256 }: ToldRequest, promotion: ToldPromotion): Promise<Buffer> {
    const { api, order, staged, keyring } = this.given;
    const { id } = promotion;
    const repomd = await readAtMost(longestRepomd, await api.readSnapshot(id, repomdPath));
    if (createHash('sha256').update(repomd).digest('hex') !== sha256) {
      throw new SigningRefused(
        `The server wants ${repomdPath} signed with the SHA-256 ${sha256}, and answers another file.`,
      );
    }
    const base = await this.base.in(promotion);
    this.requireStaged(base);
    await checkRepomd({
      publication: this.publication,
      repomd,
      fetchFile: (path) => api.readSnapshot(id, path),
      base,
      added: [...this.signed.values()],
      removed: order.kind === 'withdrawal' ? removedPaths(base, order.packages) : [],
      extras: staged ? await this.extrasIn(repomd) : new Map(),
      workFolder: await mkdtemp(join(this.given.workFolder, 'check-')),
    });
    const signature = await keyring.signDetached(repomd);
    this.metadataSigned = true;
    return signature;
  }

  /** All that was staged before the promotion was ordered is in it: signed just now, or live already. */
  private requireStaged(base: VerifiedBase | undefined): void {
    const live = new Set([...(base?.packages.keys() ?? [])].map((path) => basename(path)));
    for (const { name } of this.given.staged?.required ?? []) {
      if (isExtra(name) || this.signed.has(name) || live.has(name)) continue;
      throw new SigningRefused(
        `${name} was staged before the promotion was ordered, and the server leaves it out.`,
      );
    }
  }

  /** Extras that have to be in it, and of those that came later the ones that are. */
  private async extrasIn(repomd: Buffer): Promise<ReadonlyMap<ExtraType, string>> {
    const staged = this.given.staged!;
    const offered = contentsIn(repomd);
    const extras = new Map<ExtraType, string>();
    for (const own of await staged.fetch()) {
      if (!isExtra(own.name)) continue;
      const extra = await inspectExtra(own.file);
      if (extra.kind !== 'extra') continue;
      const isWanted = staged.isRequired(own) || offered.has(extra.sha256);
      if (isWanted) extras.set(extra.type, extra.sha256);
    }
    return extras;
  }
}

/** SHA-256 of the content of each file that it names, in whatever form. */
function contentsIn(repomd: Buffer): ReadonlySet<string> {
  try {
    const files = [...parseRepomd(repomd).files.values()];
    return new Set(files.map(({ sha256, open }) => open?.sha256 ?? sha256));
  } catch (error) {
    if (error instanceof MetadataProblem) return new Set(); // it is refused for that, and in better words
    throw error;
  }
}

function removedPaths(base: VerifiedBase | undefined, names: readonly string[]): string[] {
  const paths = [...(base?.packages.keys() ?? [])];
  return names.map((name) => {
    const path = paths.find((each) => each === name || basename(each) === name);
    if (path !== undefined) return path;
    throw new SigningRefused(`${name} is to be withdrawn, and the base does not have it.`);
  });
}
