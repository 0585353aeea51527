import { join } from 'node:path';
import { DomainError } from '../common/domain-error.js';
import type { Component } from '../components/catalogue.js';
import type { FormatBuilder } from './format-builder.js';
import type { Promotion, StepName } from './promotion.js';
import { publicationOf, type Destination, type Publication } from './publication.js';
import type { ReleaseDocument } from './release.js';
import type { Workshop } from './workshop.js';

/** A release that is there, and the folder of its files. */
export interface Snapshot {
  readonly folder: string;
  readonly document: ReleaseDocument;
}

/** Parts of a step that are done at once. */
const AT_ONCE = 16;

/** One promotion and what its steps work with: its place, its folder, its journal, and when to give up. */
export class PromotionJob {
  readonly destination: Destination;
  readonly publication: Publication;
  readonly builder: FormatBuilder;

  constructor(
    readonly shop: Workshop,
    readonly promotion: Promotion,
    readonly signal: AbortSignal,
  ) {
    const { component, series, format, target } = promotion;
    this.destination = { component, series, format, target };
    this.publication = publicationOf(this.destination);
    this.builder = shop.builderOf(format);
  }

  get id(): string {
    return this.promotion.id;
  }

  /** As the catalogue has it now. @throws DomainError UNKNOWN_COMPONENT */
  component(): Component {
    const component = this.shop.components.catalogue.component(this.promotion.component);
    if (component) return component;
    throw new DomainError(
      'UNKNOWN_COMPONENT',
      `The catalogue has no component ${this.promotion.component} any more.`,
    );
  }

  /** A path in the promotion's work folder. */
  inWork(path: string): string {
    return join(this.shop.tree.layout.workFolder(this.id), path);
  }

  async snapshot(release: string): Promise<Snapshot> {
    return {
      folder: this.shop.tree.treeFolder(this.publication, release),
      document: await this.shop.tree.documentOf(this.publication, release),
    };
  }

  /** Does a step, unless the promotion is given up, and keeps in the journal when it began and when it was done. */
  step<T>(name: StepName, work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    return this.journaled(name, work);
  }

  /** A step that has to be done once the release is live, whoever wants to give up. */
  async journaled<T>(name: StepName, work: () => Promise<T>): Promise<T> {
    const { promotions, clock } = this.shop;
    await promotions.startStep(this.id, name, clock.now());
    const result = await work();
    await promotions.finishStep(this.id, name, clock.now());
    return result;
  }

  /** The parts of a step, a few at a time; says how many are done. */
  async forEach<T>(
    step: StepName,
    parts: readonly T[],
    work: (part: T) => Promise<void>,
  ): Promise<void> {
    for (let i = 0; i < parts.length; i += AT_ONCE) {
      this.signal.throwIfAborted();
      await Promise.all(parts.slice(i, i + AT_ONCE).map(work));
      const done = Math.min(i + AT_ONCE, parts.length);
      await this.shop.promotions.progress(this.id, step, done, parts.length);
    }
  }
}
