import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../common/domain-error.js';
import type { Component } from '../components/catalogue.js';
import { fetchVerified } from '../staging/fetch-verified.js';
import { sha256OfFile } from '../staging/sha256-of.js';
import type { FormatBuilder, SnapshotFile, StagedFile } from './format-builder.js';
import {
  changedTargets,
  promotedSet,
  remainingSet,
  restoredSet,
  type NextSet,
} from './next-set.js';
import type { Promotion, PromotionFile, SigningRequest, StepName } from './promotion.js';
import { publicationOf, type Destination, type Publication } from './publication.js';
import type { ReleaseDocument, ReleaseExtra, ReleasePackage } from './release.js';
import { newReleaseId } from './release-id.js';
import type { Workshop } from './workshop.js';

/** A release that is there, and the folder of its files. */
interface Snapshot {
  readonly folder: string;
  readonly document: ReleaseDocument;
}

/** The set that is wanted, and where each of its files is. */
interface Plan {
  readonly set: NextSet;
  readonly packages: readonly SnapshotFile<ReleasePackage>[];
  readonly extras: readonly SnapshotFile<ReleaseExtra>[];
  /** Of a rollback: the release that is brought back. */
  readonly restored?: Snapshot;
}

/** Milliseconds between two looks for signatures. */
const SIGNATURE_INTERVAL = 200;
/** Files that are fetched or looked into at once. */
const AT_ONCE = 4;

/**
 * One promotion from its turn until it is live. A run that was cut off anywhere is taken up by another,
 * which does again what is not in the journal; nothing is live before everything is verified.
 */
export class PromotionRun {
  private readonly destination: Destination;
  private readonly publication: Publication;
  private readonly builder: FormatBuilder;

  /** @param signal given up between two steps, and not any more once the switch has begun */
  constructor(
    private readonly shop: Workshop,
    private readonly promotion: Promotion,
    private readonly signal: AbortSignal,
  ) {
    const { component, series, format, target } = promotion;
    this.destination = { component, series, format, target };
    this.publication = publicationOf(this.destination);
    this.builder = shop.builderOf(format);
  }

  /** @throws DomainError for what makes it fail; the signal's reason when it is given up */
  async run(): Promise<void> {
    const sealed = await this.sealedBefore();
    if (sealed) return this.goLive(sealed);

    const component = this.component();
    await this.builder.requireTools();
    const base = await this.liveSnapshot();
    const plan = await this.plan(base, component);
    const document = this.describe(base, plan);
    await this.shop.promotions.setBase(this.promotion.id, document.base, document.id);
    await this.build(base, plan, component, new Date(document.created_at));
    await this.verify(document, base);
    await this.goLive(await this.seal(base, document));
  }

  /** What a run before this one has made ready: all that is left is to put it live. */
  private async sealedBefore(): Promise<ReleaseDocument | undefined> {
    const { release } = this.promotion;
    if (release === null) return undefined;
    const found = await this.shop.tree.releases(this.publication);
    const sealed = found.find(({ id }) => id === release);
    return sealed && 'document' in sealed ? sealed.document : undefined;
  }

  private component(): Component {
    const component = this.shop.components.catalogue.component(this.promotion.component);
    if (component) return component;
    throw new DomainError(
      'UNKNOWN_COMPONENT',
      `The catalogue has no component ${this.promotion.component} any more.`,
    );
  }

  private async liveSnapshot(): Promise<Snapshot | undefined> {
    const id = await this.shop.tree.liveRelease(this.publication);
    return id === undefined ? undefined : this.snapshot(id);
  }

  private async snapshot(id: string): Promise<Snapshot> {
    return {
      folder: this.shop.tree.treeFolder(this.publication, id),
      document: await this.shop.tree.documentOf(this.publication, id),
    };
  }

  private async plan(base: Snapshot | undefined, component: Component): Promise<Plan> {
    switch (this.promotion.kind) {
      case 'promotion':
        return this.planPromotion(base, component);
      case 'rollback':
        return this.planRollback(base);
      case 'withdrawal':
        return this.planWithdrawal(base);
    }
  }

  /** freeze → fetch → inspect → sign the packages */
  private async planPromotion(base: Snapshot | undefined, component: Component): Promise<Plan> {
    const frozen = await this.step('freeze', () => this.freeze());
    await this.step('fetch', () => this.forEach('fetch', frozen, (file) => this.fetch(file)));
    const contents = new Map<PromotionFile, StagedFile>();
    await this.step('inspect', () =>
      this.forEach('inspect', frozen, async (file) => {
        const content = await this.builder.inspect(this.staged(file), this.destination, component);
        await this.shop.promotions.setContent(this.promotion.id, file, content);
        contents.set(file, content);
      }),
    );

    const live = base?.document.packages ?? [];
    const staged = frozen.flatMap((file) => asPackage(file, contents.get(file)));
    const { added } = promotedSet(
      this.promotion.format,
      live,
      staged.map(({ entry }) => entry),
    );
    const extras = frozen.flatMap((file) => asExtra(file, contents.get(file), this.staged(file)));
    if (added.length === 0 && !extras.some(({ entry }) => isNew(entry, base))) {
      throw nothingNew(this.destination);
    }

    const fresh = await this.signPackages(staged.filter(({ entry }) => added.includes(entry)));
    const set = promotedSet(
      this.promotion.format,
      live,
      fresh.map(({ entry }) => entry),
    );
    const kept = (base?.document.extras ?? []).filter(
      (each) => !extras.some(({ entry }) => isSameKind(entry, each)),
    );
    return {
      set,
      packages: [...this.filesOf(base, live), ...fresh],
      extras: [...this.filesOf(base, kept), ...extras],
    };
  }

  private async planRollback(base: Snapshot | undefined): Promise<Plan> {
    const { publication, target, request } = this.promotion;
    const restored = await this.snapshot(request.release as string);
    const later = await this.shop.releases.after(publication, restored.document.id);
    const live = base?.document.packages ?? [];
    const set = restoredSet(live, restored.document, target, later);
    const back = set.packages.filter((each) => each.target === target);
    const rest = set.packages.filter((each) => each.target !== target);
    const packages = [...this.filesOf(base, rest), ...this.filesOf(restored, back)];
    const extras = [
      ...this.filesOf(
        base,
        (base?.document.extras ?? []).filter((each) => each.target !== target),
      ),
      ...this.filesOf(
        restored,
        restored.document.extras.filter((each) => each.target === target),
      ),
    ];
    return { set, packages, extras, restored };
  }

  private planWithdrawal(base: Snapshot | undefined): Promise<Plan> {
    const { packages: paths = [] } = this.promotion.request;
    const set = remainingSet(base?.document.packages ?? [], paths);
    const extras = this.filesOf(base, base?.document.extras ?? []);
    return Promise.resolve({ set, packages: this.filesOf(base, set.packages), extras });
  }

  /** What is whole in staging now. What comes later waits for the next promotion. */
  private async freeze(): Promise<PromotionFile[]> {
    const earlier = await this.shop.promotions.files(this.promotion.id);
    if (earlier.length > 0) return earlier;
    const files: Omit<PromotionFile, 'content'>[] = [];
    const refused: string[] = [];
    for await (const each of this.shop.staging.list(this.destination)) {
      if (each.state === 'refused') refused.push(`${each.path}: ${each.problem}`);
      if (each.state !== 'complete') continue;
      const { name: file, size, sha256 } = each;
      files.push({ file, target: this.destination.target, size, sha256 });
    }
    if (refused.length > 0) throw refusedFiles(refused);
    if (files.length === 0) throw nothingStaged(this.destination);
    return this.shop.promotions.freeze(this.promotion.id, files);
  }

  private async fetch(file: PromotionFile): Promise<void> {
    const { size, sha256 } = file;
    const here = this.staged(file);
    if (await isThere(here, size)) if ((await sha256OfFile(here)) === sha256) return;
    await mkdir(dirname(here), { recursive: true });
    await fetchVerified(this.shop.staging, this.destination, file.file, { size, sha256 }, here, {
      signal: this.signal,
    });
  }

  /** Each package with the signature that it carries, where its format has that. */
  private async signPackages(
    staged: readonly StagedPackage[],
  ): Promise<SnapshotFile<ReleasePackage>[]> {
    const { packageSignature } = this.builder;
    if (!packageSignature) {
      return staged.map(({ entry, file }) => ({ entry, source: this.staged(file) }));
    }
    return this.step('sign_packages', async () => {
      await mkdir(this.inWork('signed'), { recursive: true });
      const requests = staged.map(({ file }) => ({
        form: packageSignature.form,
        path: join('staged', file.file),
        signaturePath: join('signed', file.file),
        sha256: file.sha256,
      }));
      await this.askForSignatures('sign_packages', requests, async (request, signature) => {
        const signed = this.inWork(request.signaturePath);
        if (await isThere(signed)) return; // made when it came in
        await packageSignature.apply(
          this.inWork(request.path),
          signature,
          signed,
          this.shop.publicKeyFile,
        );
      });
      return Promise.all(
        staged.map(async ({ entry, file }) => {
          const source = this.inWork(join('signed', file.file));
          const { size } = await stat(source);
          return { entry: { ...entry, size, sha256: await sha256OfFile(source) }, source };
        }),
      );
    });
  }

  private describe(base: Snapshot | undefined, plan: Plan): ReleaseDocument {
    const { kind, id: promotion, target, actor, request } = this.promotion;
    const now = this.laterThan(base);
    return {
      version: 1,
      id: newReleaseId(now),
      publication: this.publication,
      kind,
      promotion,
      target,
      base: base?.document.id ?? null,
      created_at: now.toISOString(),
      actor,
      packages: plan.set.packages,
      extras: plan.extras.map(({ entry }) => entry),
      carried: [],
      ...(kind === 'withdrawal' && { withdrawn: plan.set.removed }),
      ...(kind === 'rollback' && { restored: request.release }),
    };
  }

  /** By a second at least, as `Date` in a Release counts: times of what is published only move forward. */
  private laterThan(base: Snapshot | undefined): Date {
    const now = this.shop.clock.milliseconds();
    const earliest = base ? Date.parse(base.document.created_at) + 1_000 : 0;
    return new Date(Math.max(now, earliest));
  }

  /** Builds the snapshot anew, and has its metadata signed. */
  private async build(
    base: Snapshot | undefined,
    plan: Plan,
    component: Component,
    now: Date,
  ): Promise<void> {
    const { id } = this.promotion;
    const folder = this.shop.tree.newTree(id);
    const tasks = await this.step('build', async () => {
      await this.shop.promotions.dropMetadataRequests(id);
      await rm(dirname(folder), { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      return this.shop.alone(() =>
        this.builder.build({
          publication: this.publication,
          component,
          folder,
          base,
          packages: plan.packages,
          extras: plan.extras,
          changedTargets: [...new Set([this.promotion.target, ...changedTargets(plan.set)])],
          restored: plan.restored,
          now,
        }),
      );
    });
    if (tasks.length === 0) return;
    await this.step('sign_metadata', async () => {
      const requests = await Promise.all(
        tasks.map(async ({ form, path, signaturePath }) => ({
          form,
          path: join('snapshot/tree', path),
          signaturePath: join('snapshot/tree', signaturePath),
          sha256: await sha256OfFile(join(folder, path)),
        })),
      );
      await this.askForSignatures('sign_metadata', requests, ({ signaturePath }, signature) =>
        writeFile(this.inWork(signaturePath), signature),
      );
    });
  }

  /** Asks, waits until all are there, and takes each into use. @throws DomainError SIGNER_LOST */
  private async askForSignatures(
    step: StepName,
    wanted: readonly Pick<SigningRequest, 'form' | 'path' | 'signaturePath' | 'sha256'>[],
    use: (request: SigningRequest, signature: Buffer) => Promise<void>,
  ): Promise<void> {
    const { id } = this.promotion;
    const { promotions, signingTimeout, clock } = this.shop;
    await promotions.requestSignatures(id, wanted, clock.now());
    await promotions.enter(id, 'awaiting_signatures');
    const paths = new Set(wanted.map(({ signaturePath }) => signaturePath));
    for (let signedBefore = -1; ;) {
      this.signal.throwIfAborted();
      const all = await promotions.signingRequests(id);
      const requests = all.filter(({ signaturePath }) => paths.has(signaturePath));
      const signed = requests.filter(({ signedAt }) => signedAt !== null).length;
      if (signed !== signedBefore) await promotions.progress(id, step, signed, requests.length);
      signedBefore = signed;
      if (signed === requests.length) {
        for (const request of requests) {
          await use(request, (await promotions.signatureOf(id, request.n)) as Buffer);
        }
        await promotions.enter(id, 'running');
        return;
      }
      if ((await promotions.signerAway(id)) > signingTimeout) throw signerLost(signingTimeout);
      await sleep(SIGNATURE_INTERVAL);
    }
  }

  private async verify(document: ReleaseDocument, base: Snapshot | undefined): Promise<void> {
    const folder = this.shop.tree.newTree(this.promotion.id);
    await this.step('verify', () =>
      this.shop.alone(() => this.builder.verify(folder, document, this.shop.publicKeyFile, base)),
    );
  }

  private async seal(
    base: Snapshot | undefined,
    document: ReleaseDocument,
  ): Promise<ReleaseDocument> {
    const carryFrom = base && {
      releaseId: base.document.id,
      named: await this.builder.namedFiles(base.folder),
      except: new Set(
        this.promotion.request.now ? document.withdrawn?.map(({ path }) => path) : [],
      ),
    };
    return this.shop.tree.seal(this.promotion.id, document, { carryFrom });
  }

  /** The one step that changes what is live. */
  private async goLive(document: ReleaseDocument): Promise<void> {
    await this.step('switch', () =>
      this.shop.tree.switch(this.publication, document.id, document.base ?? undefined),
    );
    await this.shop.promotions.recordLive(this.promotion, document, this.shop.clock.now());
  }

  private async step<T>(name: StepName, work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const { promotions, clock } = this.shop;
    await promotions.startStep(this.promotion.id, name, clock.now());
    const result = await work();
    await promotions.finishStep(this.promotion.id, name, clock.now());
    return result;
  }

  /** A few at a time; says how many are done. */
  private async forEach(
    step: StepName,
    files: readonly PromotionFile[],
    work: (file: PromotionFile) => Promise<void>,
  ): Promise<void> {
    for (let i = 0; i < files.length; i += AT_ONCE) {
      this.signal.throwIfAborted();
      await Promise.all(files.slice(i, i + AT_ONCE).map(work));
      const done = Math.min(i + AT_ONCE, files.length);
      await this.shop.promotions.progress(this.promotion.id, step, done, files.length);
    }
  }

  private filesOf<T extends ReleasePackage | ReleaseExtra>(
    snapshot: Snapshot | undefined,
    entries: readonly T[],
  ): SnapshotFile<T>[] {
    return entries.map((entry) => ({ entry, source: join(snapshot?.folder ?? '', entry.path) }));
  }

  private staged({ file }: PromotionFile): string {
    return this.inWork(join('staged', file));
  }

  private inWork(path: string): string {
    return join(this.shop.tree.layout.workFolder(this.promotion.id), path);
  }
}

interface StagedPackage {
  readonly entry: ReleasePackage;
  readonly file: PromotionFile;
}

/** With the size and hash that it was staged with: those of the signed file are not known yet. */
function asPackage(file: PromotionFile, content: StagedFile | undefined): StagedPackage[] {
  if (content?.kind !== 'package') return [];
  const { name, version, architecture, identity, path } = content;
  const { target, size, sha256 } = file;
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

/** A target has one of each: a newer one takes the place of the one before. */
function isSameKind(a: ReleaseExtra, b: ReleaseExtra): boolean {
  return a.target === b.target && a.type === b.type;
}

function isNew(extra: ReleaseExtra, base: Snapshot | undefined): boolean {
  const before = base?.document.extras.find((each) => isSameKind(each, extra));
  return before?.sha256 !== extra.sha256;
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

function nothingNew(destination: Destination): DomainError {
  return new DomainError(
    'NOTHING_STAGED',
    `All that is staged at ${placeOf(destination)} is live already, so there is nothing to promote.`,
  );
}

function refusedFiles(refused: readonly string[]): DomainError {
  return new DomainError(
    'PACKAGE_REFUSED',
    `Staging holds what cannot be promoted: ${refused.join('; ')}. Remove it from there, then promote again.`,
    { files: refused },
  );
}

function signerLost(seconds: number): DomainError {
  return new DomainError(
    'SIGNER_LOST',
    `No signer was heard of for ${seconds} s (SIGNING_TIMEOUT). What was staged is still staged: run packyard promote again.`,
  );
}
