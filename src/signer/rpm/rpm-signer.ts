import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
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
import { applySignature } from '../../promotion/rpm/sign-rpm.js';
import { together } from '../../promotion/tools/together.js';
import { type FormatSigner, type SigningCase, SNAPSHOT } from '../format-signer.js';
import { OneBase } from '../one-base.js';
import type { ToldPromotion, ToldRequest } from '../promotion-api.js';
import { readAtMost } from '../read-at-most.js';
import { SigningRefused } from '../signing-refused.js';
import type { OwnFile } from '../staged-files.js';
import { checkRepomd, type ExtraType, type Retention } from './check-repomd.js';
import type { AddedPackage } from './own-description.js';
import { readBase } from './read-base.js';
import { signPackages } from './sign-packages.js';
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
  /** Signs a copy, with others that are to be signed meanwhile. */
  private readonly sign = together<string, Buffer>(dirname, (files, folder) => {
    const { home: gnupgHome, fingerprint, passphraseFile } = this.given.keyring;
    const names = files.map((file) => basename(file));
    return signPackages(folder, names, { gnupgHome, fingerprint, passphraseFile });
  });
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
    const name = stagedName(request);
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

  private async signCopy(own: OwnFile): Promise<SignedPackage> {
    const copy = await this.copyOf(own);
    const signature = await this.sign(copy.file);
    return { ...copy, signature };
  }

  /** A copy to be signed. @throws SigningRefused where it is no package of this publication */
  private async copyOf({ name, sha256, file }: OwnFile): Promise<Omit<SignedPackage, 'signature'>> {
    const { order, workFolder } = this.given;
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
    return { file: copy, path: staged.path, sha256 };
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
    await this.takeOverSigned(id);
    const base = await this.base.in(promotion);
    this.requireStaged(base);
    await checkRepomd({
      publication: this.publication,
      repomd,
      fetchFile: (path) => api.readSnapshot(id, path),
      base,
      added: [...this.signed.values()],
      removed: order.kind === 'withdrawal' ? removedPaths(base, order.packages) : [],
      retention: await this.retention(),
      extras: staged ? await this.extrasIn(repomd) : new Map(),
      workFolder: await mkdtemp(join(this.given.workFolder, 'check-')),
    });
    const signature = await keyring.signDetached(repomd);
    this.metadataSigned = true;
    return signature;
  }

  private async retention(): Promise<Retention | undefined> {
    const { order, staged } = this.given;
    if (order.kind !== 'promotion' || order.keep === undefined) return undefined;
    const files = (await staged?.fetch()) ?? [];
    return { keep: order.keep, staged: new Set(files.map(({ name }) => name)) };
  }

  /**
   * What a signer before this one has signed for the promotion: it stopped, and this one goes on. A signature by
   * our key over the package that we read from staging ourselves is as good as one that we make.
   */
  private async takeOverSigned(id: string): Promise<void> {
    const { api, staged, publicKey, workFolder } = this.given;
    const publicKeyFile = join(workFolder, 'lts.asc');
    await writeFile(publicKeyFile, publicKey);
    for (const request of await api.requests(id)) {
      const name = stagedName(request);
      if (request.signature === null || name === undefined || this.signed.has(name)) continue;
      const own = await staged?.find(name);
      if (own?.sha256 !== request.sha256) continue; // nothing vouches for it, and repomd.xml cannot list it
      const signature = Buffer.from(request.signature, 'base64');
      const signed = await this.copyOf(own);
      await applySignature(this.rpm, {
        staged: own.file,
        signed: signed.file,
        signature,
        publicKeyFile,
      });
      this.signed.set(name, { ...signed, signature });
    }
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

/** The staged file of which a signature is wanted; undefined where it is of something else. */
function stagedName({ path }: ToldRequest): string | undefined {
  return /^staged\/([^/]+)$/.exec(path)?.[1];
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
