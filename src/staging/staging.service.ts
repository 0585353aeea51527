import { Injectable } from '@nestjs/common';
import type { Catalogue } from '../components/catalogue.js';
import { CatalogueView } from '../components/catalogue-view.js';
import { type Destination, stagingTargets } from '../promotion/publication.js';
import { type StagedFile, StagingStore } from './staging-store.js';

/** What waits to be promoted, as the catalogue in force sees it. */
@Injectable()
export class StagingService {
  constructor(
    private readonly store: StagingStore,
    private readonly view: CatalogueView,
  ) {}

  /** @throws DomainError STAGING_UNAVAILABLE */
  async list(
    filter: Partial<Destination>,
    { limit, after }: { limit: number; after?: string },
  ): Promise<StagedFile[]> {
    const { catalogue } = this.view;
    const found: StagedFile[] = [];
    for await (const file of this.store.list(filter, after)) {
      found.push(refuseUnknownDestination(file, catalogue));
      if (found.length === limit) break;
    }
    return found;
  }
}

/** A file that was staged where the catalogue has nothing cannot be promoted: most likely a word is mistyped. */
export function refuseUnknownDestination(file: StagedFile, catalogue: Catalogue): StagedFile {
  if (file.state !== 'complete') return file;
  const problem = unknownDestination(file.destination, catalogue);
  if (problem === undefined) return file;
  const { path, size, stagedAt } = file;
  return { path, size, stagedAt, state: 'refused', problem };
}

/** What of a destination the catalogue does not have, if anything. */
export function unknownDestination(
  { component: name, series, format, target }: Destination,
  catalogue: Catalogue,
): string | undefined {
  const component = catalogue.component(name);
  if (!component) return `the catalogue has no component "${name}"`;
  if (!component.series.includes(series)) {
    return `${name} has no series "${series}"; it has: ${component.series.join(', ')}`;
  }
  const targets = stagingTargets(component, format);
  if (targets.length === 0) return `${name} has no ${format}`;
  if (!targets.includes(target)) {
    return `${name} has no ${format} target "${target}"; it has: ${targets.join(', ')}`;
  }
  return undefined;
}
