import type { OnApplicationShutdown } from '@nestjs/common';
import type { Component } from '../components/catalogue.js';
import type { Published, PublishedOci } from './published.js';
import type { PublishedFiles, Space } from './published-files.js';
import type { PublishedImages } from './published-images.js';

/** Milliseconds for which an answer is good enough: several people, or a page, may look at once. */
const REMEMBERED = 5_000;

/** What subscribers get now, as the published tree and the registry have it. */
export class PublishedService implements OnApplicationShutdown {
  /** By the component as the catalogue in force has it: a new catalogue has new ones. */
  private readonly remembered = new WeakMap<
    Component,
    { at: number; answer: Promise<Published> }
  >();

  /** @param images undefined when there is no registry */
  constructor(
    private readonly files: PublishedFiles,
    private readonly images: PublishedImages | undefined,
  ) {}

  /** Never fails: what cannot be read says so in its place. */
  of(component: Component): Promise<Published> {
    const now = performance.now();
    const before = this.remembered.get(component);
    if (before && now - before.at < REMEMBERED) return before.answer;
    const answer = this.read(component);
    this.remembered.set(component, { at: now, answer });
    return answer;
  }

  /** @throws NodeJS.ErrnoException when the published tree cannot be had */
  space(): Promise<Space> {
    return this.files.space();
  }

  get hasRegistry(): boolean {
    return this.images !== undefined;
  }

  /** @throws Error that says what the registry does: the end of a sentence */
  async pingRegistry(): Promise<void> {
    await this.images?.ping();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.images?.close();
  }

  private async read(component: Component): Promise<Published> {
    const [rpm, deb, oci] = await Promise.all([
      this.files.rpm(component),
      this.files.deb(component),
      component.oci ? this.readOci(component.oci.repository) : null,
    ]);
    return { rpm, deb, oci };
  }

  private async readOci(repository: string): Promise<PublishedOci> {
    if (!this.images) {
      return { state: 'unknown', problem: 'REGISTRY_URL is not set', tags: [] };
    }
    try {
      const tags = await this.images.tags(repository);
      return { state: tags.length > 0 ? 'published' : 'empty', problem: null, tags };
    } catch (error) {
      return { state: 'unknown', problem: `The registry ${(error as Error).message}`, tags: [] };
    }
  }
}
