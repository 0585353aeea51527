import { readFile } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { Author } from '../audit/audit-event.js';
import { Propagation, type PropagationOutcome } from '../changes/propagation.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { describeMistake } from '../common/yaml/parse-yaml.js';
import type { Component } from './catalogue.js';
import { type AffectedKey, CatalogueStore } from './catalogue.store.js';
import { CatalogueView } from './catalogue-view.js';
import { parseCatalogue } from './parse-catalogue.js';

/** Injection token: the path of the catalogue file (`PACKYARD_CONFIG`). */
export const CATALOGUE_FILE = Symbol('CATALOGUE_FILE');

export interface ReloadedCatalogue {
  readonly changed: boolean;
  readonly components: readonly Component[];
  /** The live keys that lost a component by it. */
  readonly affected: readonly AffectedKey[];
  readonly propagation: PropagationOutcome;
}

/** Keys that a refusal names; it counts them all. */
const MOST_SHOWN = 100;

const CONFIRMED: PropagationOutcome = { confirmed: true };

/** The catalogue: read from its file by the admin process, kept as a revision, followed by all. */
@Injectable()
export class ComponentsService {
  constructor(
    private readonly store: CatalogueStore,
    private readonly view: CatalogueView,
    private readonly propagation: Propagation,
    private readonly clock: Clock,
    @Inject(CATALOGUE_FILE) private readonly file: string,
  ) {}

  list(): readonly Component[] {
    return this.view.catalogue.components;
  }

  /** @throws DomainError COMPONENT_NOT_FOUND */
  get(name: string): Component {
    const component = this.view.catalogue.component(name);
    if (component) return component;
    const known = this.list().map((each) => each.name);
    throw new DomainError(
      'COMPONENT_NOT_FOUND',
      `There is no component "${name}". The catalogue has: ${known.join(', ')}.`,
      { known },
    );
  }

  /**
   * Reads the file and puts it in force. A bad file, and one without a component that live keys use
   * (unless forced), changes nothing.
   * @throws DomainError CATALOGUE_INVALID, COMPONENT_IN_USE
   */
  async reload({ force }: { force: boolean }, author: Author): Promise<ReloadedCatalogue> {
    const document = parse(await this.readFile(), this.file);
    const { outcome, affected } = await this.store.store(document, {
      now: this.clock.now(),
      force,
      author,
    });
    if (outcome === 'refused') {
      const shown = affected.slice(0, MOST_SHOWN);
      throw new DomainError(
        'COMPONENT_IN_USE',
        `${this.file} lacks a component that ${affected.length} live keys use (${shown.length} of them in details). ` +
          'Nothing was changed. Put it back, or reload with {"force": true} to take it from these keys.',
        { keys: shown },
      );
    }
    const changed = outcome === 'stored';
    const propagation = changed ? await this.propagation.settle() : CONFIRMED;
    return { changed, components: document.components, affected, propagation };
  }

  private async readFile(): Promise<string> {
    try {
      return await readFile(this.file, 'utf8');
    } catch (error) {
      throw new DomainError(
        'CATALOGUE_INVALID',
        `The catalogue ${this.file} cannot be read (${(error as NodeJS.ErrnoException).code}). Set PACKYARD_CONFIG to where it is.`,
      );
    }
  }
}

function parse(text: string, file: string) {
  const result = parseCatalogue(text);
  if ('document' in result) return result.document;
  throw new DomainError(
    'CATALOGUE_INVALID',
    `The catalogue ${file} (PACKYARD_CONFIG) has mistakes; nothing was changed:\n${result.mistakes.map(describeMistake).join('\n')}`,
    { mistakes: result.mistakes },
  );
}
