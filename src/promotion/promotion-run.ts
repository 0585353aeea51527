import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256OfFile } from '../staging/sha256-of.js';
import { askForSignatures } from './ask-for-signatures.js';
import { deliverLive } from './deliver-live.js';
import { checkServed } from './check-served.js';
import { changedTargets } from './next-set.js';
import { planOf, type Plan } from './plan.js';
import { PromotionJob, type Snapshot } from './promotion-job.js';
import type { Promotion } from './promotion.js';
import type { ReleaseDocument } from './release.js';
import { newReleaseId } from './release-id.js';
import type { Workshop } from './workshop.js';

/**
 * One promotion from its turn until it is live. A run that was cut off anywhere is taken up by another,
 * which does again what is not in the journal; nothing is live before everything is verified.
 */
export class PromotionRun {
  private readonly job: PromotionJob;

  /** @param signal given up between two steps, and not any more once the switch has begun */
  constructor(
    private readonly shop: Workshop,
    private readonly promotion: Promotion,
    signal: AbortSignal,
  ) {
    this.job = new PromotionJob(shop, promotion, signal);
  }

  /** @throws DomainError for what makes it fail; the signal's reason when it is given up */
  async run(): Promise<void> {
    const sealed = await this.sealedBefore();
    if (sealed) return this.goOn(sealed);

    this.job.component();
    await this.job.builder.requireTools();
    const base = await this.liveSnapshot();
    const plan = await planOf(this.job, base);
    const document = this.describe(base, plan);
    await this.shop.promotions.setBase(this.promotion.id, document.base, document.id);
    await this.build(base, plan, new Date(document.created_at));
    await this.verify(document, base);
    await this.goLive(await this.seal(base, document));
  }

  /** What a run before this one has made ready: all that is left is to put it live. */
  private async sealedBefore(): Promise<ReleaseDocument | undefined> {
    const { release } = this.promotion;
    if (release === null) return undefined;
    const found = await this.shop.tree.releases(this.job.publication);
    const sealed = found.find(({ id }) => id === release);
    return sealed && 'document' in sealed ? sealed.document : undefined;
  }

  /** It was verified, but what clients are served from besides the tree may have forgotten what is under no tag. */
  private async goOn(sealed: ReleaseDocument): Promise<void> {
    const { builder, publication } = this.job;
    if (builder.deliver && (await this.shop.tree.liveRelease(publication)) !== sealed.id) {
      const folder = this.shop.tree.treeFolder(publication, sealed.id);
      await this.job.step('verify', () => builder.verify(folder, sealed, this.shop.publicKeyFile));
    }
    await this.goLive(sealed);
  }

  private async liveSnapshot(): Promise<Snapshot | undefined> {
    const id = await this.shop.tree.liveRelease(this.job.publication);
    return id === undefined ? undefined : this.job.snapshot(id);
  }

  private describe(base: Snapshot | undefined, plan: Plan): ReleaseDocument {
    const { kind, id: promotion, target, actor, request } = this.promotion;
    const now = this.laterThan(base);
    return {
      version: 1,
      id: newReleaseId(now),
      publication: this.job.publication,
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
      ...(kind === 'withdrawal' && request.now && { at_once: true }),
      ...(kind === 'rollback' && { restored: request.release }),
    };
  }

  /** By a second at least, as `Date` in a Release counts: times of what is published only move forward. */
  private laterThan(base: Snapshot | undefined): Date {
    const now = this.shop.clock.milliseconds();
    const earliest = base ? Date.parse(base.document.created_at) + 1_000 : 0;
    return new Date(Math.max(now, earliest));
  }

  /** build → sign metadata. The snapshot is made anew. */
  private async build(base: Snapshot | undefined, plan: Plan, now: Date): Promise<void> {
    const { id, target } = this.promotion;
    const folder = this.shop.tree.newTree(id);
    const tasks = await this.job.step('build', async () => {
      await this.shop.signatures.dropThoseOfMetadata(id);
      await rm(dirname(folder), { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      return this.shop.alone(() =>
        this.job.builder.build({
          publication: this.job.publication,
          component: this.job.component(),
          folder,
          base,
          packages: plan.packages,
          extras: plan.extras,
          changedTargets: [...new Set([target, ...changedTargets(plan.set)])],
          restored: plan.restored,
          now,
        }),
      );
    });
    if (tasks.length === 0) return;
    await this.job.step('sign_metadata', async () => {
      const requests = await Promise.all(
        tasks.map(async ({ form, path, signaturePath }) => ({
          form,
          path: join('snapshot/tree', path),
          signaturePath: join('snapshot/tree', signaturePath),
          sha256: await sha256OfFile(join(folder, path)),
        })),
      );
      await askForSignatures(this.job, 'sign_metadata', requests, ({ signaturePath }, signature) =>
        writeFile(this.job.inWork(signaturePath), signature),
      );
    });
  }

  private async verify(document: ReleaseDocument, base: Snapshot | undefined): Promise<void> {
    const { builder } = this.job;
    const folder = this.shop.tree.newTree(this.promotion.id);
    await this.job.step('verify', () =>
      this.shop.alone(() => builder.verify(folder, document, this.shop.publicKeyFile, base)),
    );
  }

  private async seal(
    base: Snapshot | undefined,
    document: ReleaseDocument,
  ): Promise<ReleaseDocument> {
    const carryFrom = base && {
      releaseId: base.document.id,
      named: await this.job.builder.namedFiles(base.folder),
      except: new Set(
        this.promotion.request.now ? document.withdrawn?.map(({ path }) => path) : [],
      ),
    };
    return this.shop.tree.seal(this.promotion.id, document, { carryFrom });
  }

  /** The one step that changes what is live. */
  private async goLive(document: ReleaseDocument): Promise<void> {
    const { builder, publication } = this.job;
    if ((await this.shop.tree.liveRelease(publication)) !== document.id || !builder.deliver) {
      await this.job.step('switch', () =>
        this.shop.tree.switch(publication, document.id, document.base ?? undefined),
      );
    }
    if (builder.deliver) {
      await this.job.journaled('deliver', () => deliverLive(this.shop.tree, builder, publication));
    }
    await checkServed(this.job, document.id);
    await this.shop.promotions.recordLive(this.promotion, document, this.shop.clock.now());
  }
}
