import { isDeepStrictEqual } from 'node:util';
import type { DataSource } from 'typeorm';
import { type EntityManager } from 'typeorm';
import type { AuditEvent, Author } from '../audit/audit-event.js';
import type { ChangeStore } from '../changes/change.store.js';
import type { CatalogueDocument, Component } from './catalogue.js';

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
  async store(
    document: CatalogueDocument,
    { now, force, author }: { now: Date; force: boolean; author: Author },
  ): Promise<StoreOutcome> {
    const newest = await newestDocument(this.dataSource.manager);
    if (isDeepStrictEqual(newest, JSON.parse(JSON.stringify(document))))
      return { outcome: 'unchanged', affected: [] };

    return this.changes.commit<StoreOutcome>(author, async (manager) => {
      const affected = await keysWithoutTheirComponent(manager, document, now);
      if (affected.length > 0 && !force) {
        const result = { outcome: 'refused', affected } as const;
        return { keyIds: [], catalogue: false, events: [], result };
      }
      await manager.query('INSERT INTO catalogue_revision (document, created_at) VALUES ($1, $2)', [
        JSON.stringify(document),
        now,
      ]);
      return {
        keyIds: [],
        catalogue: true,
        events: [replacement(newest, document, affected)],
        result: { outcome: 'stored', affected },
      };
    });
  }
}

/** Which components came, went and changed, and which live keys lost one by it. */
function replacement(
  before: CatalogueDocument | undefined,
  after: CatalogueDocument,
  affected: readonly AffectedKey[],
): AuditEvent {
  const known = new Map(before?.components.map((each) => [each.name, JSON.stringify(each)]));
  const names = after.components.map(({ name }) => name);
  const isChanged = (each: Component) =>
    known.has(each.name) && known.get(each.name) !== JSON.stringify(each);
  return {
    action: 'catalogue.replace',
    subject: 'catalogue',
    details: {
      added: names.filter((name) => !known.has(name)),
      removed: [...known.keys()].filter((name) => !names.includes(name)),
      changed: after.components.filter(isChanged).map(({ name }) => name),
      affected_keys: affected.map(({ id }) => id),
    },
  };
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
      ORDER BY created_at`,
    [document.components.map(({ name }) => name), now],
  );
}
