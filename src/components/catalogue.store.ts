import { isDeepStrictEqual } from 'node:util';
import type { DataSource } from 'typeorm';
import { type EntityManager } from 'typeorm';
import type { ChangeStore } from '../changes/change.store.js';
import type { CatalogueDocument } from './catalogue.js';

/** A live key that a catalogue without its component would leave with nothing to open. */
export interface AffectedKey {
  readonly id: string;
  readonly label: string;
  readonly components: readonly string[];
}

export type StoreOutcome =
  | { readonly outcome: 'unchanged' | 'stored'; readonly affected: readonly AffectedKey[] }
  | { readonly outcome: 'refused'; readonly affected: readonly AffectedKey[] };

/** The revisions of the catalogue. The newest is in force; none is ever changed. */
export class CatalogueStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeStore,
  ) {}

  /**
   * Stores a revision, unless it is what the newest one says, or a component that live keys use is
   * missing from it and `force` is not given.
   */
  async store(document: CatalogueDocument, now: Date, force: boolean): Promise<StoreOutcome> {
    const newest = await newestDocument(this.dataSource.manager);
    if (isDeepStrictEqual(newest, JSON.parse(JSON.stringify(document))))
      return { outcome: 'unchanged', affected: [] };

    return this.changes.commit<StoreOutcome>(async (manager) => {
      const affected = await keysWithoutTheirComponent(manager, document, now);
      if (affected.length > 0 && !force) {
        return { keyIds: [], catalogue: false, result: { outcome: 'refused', affected } };
      }
      await manager.query('INSERT INTO catalogue_revision (document, created_at) VALUES ($1, $2)', [
        JSON.stringify(document),
        now,
      ]);
      return { keyIds: [], catalogue: true, result: { outcome: 'stored', affected } };
    });
  }
}

async function newestDocument(manager: EntityManager): Promise<CatalogueDocument | undefined> {
  const rows = await manager.query<{ document: CatalogueDocument }[]>(
    'SELECT document FROM catalogue_revision ORDER BY id DESC LIMIT 1',
  );
  return rows[0]?.document;
}

function keysWithoutTheirComponent(
  manager: EntityManager,
  document: CatalogueDocument,
  now: Date,
): Promise<AffectedKey[]> {
  return manager.query<AffectedKey[]>(
    `SELECT id, label, components FROM key
      WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) AND NOT components <@ $1
      ORDER BY created_at LIMIT 100`,
    [document.components.map(({ name }) => name), now],
  );
}
