import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { ChangeStore } from '../../src/changes/change.store.js';
import type { CatalogueDocument, Component } from '../../src/components/catalogue.js';
import { CatalogueStore } from '../../src/components/catalogue.store.js';
import { createDataSource } from '../../src/database/data-source.js';
import { migrate } from '../../src/database/migrate.js';
import { PostgresKeyStore } from '../../src/keys/postgres-key.store.js';
import { added, aKey, revokeKey, TESTER } from '../support/keys.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const NOW = new Date('2026-11-23T12:00:00Z');
const after = (milliseconds: number) => new Date(NOW.getTime() + milliseconds);

let database: TestDatabase;
let dataSource: DataSource;
let catalogue: CatalogueStore;
let keys: PostgresKeyStore;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url).initialize();
  await migrate(dataSource);
  const changes = new ChangeStore(dataSource);
  catalogue = new CatalogueStore(dataSource, changes);
  keys = new PostgresKeyStore(dataSource, changes);
});
beforeEach(() => dataSource.query('TRUNCATE key, catalogue_revision CASCADE'));
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

const AS_GIVEN = { now: NOW, force: false, author: TESTER };
const BY_FORCE = { ...AS_GIVEN, force: true };

function documentOf(...names: string[]): CatalogueDocument {
  return {
    components: names.map((name): Component => {
      return {
        name,
        description: `The ${name}`,
        visibility: 'private',
        series: ['2024', '2025'],
        rpm: { targets: ['el9-x86_64'] },
        oci: undefined, // as a parsed file has it where the section is missing
      };
    }),
  };
}

async function makeKey(components: string[], expiresAt: Date | null = null): Promise<string> {
  const key = aKey({ label: components.join('+'), components, expiresAt, createdAt: NOW });
  await keys.insert(added(key), TESTER);
  return key.id;
}

async function storedDocuments(): Promise<CatalogueDocument[]> {
  const rows = await dataSource.query<{ document: CatalogueDocument }[]>(
    'SELECT document FROM catalogue_revision ORDER BY id',
  );
  return rows.map(({ document }) => document);
}

async function announcedRevision(): Promise<{ revision: number; catalogue: boolean }> {
  const [newest] = await dataSource.query<{ revision: number; catalogue: boolean }[]>(
    'SELECT revision::int, catalogue FROM change ORDER BY change.revision DESC LIMIT 1',
  );
  return newest!;
}

/** Sessions of this database that wait for another's lock. */
const WAITING_SESSIONS = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock'`;

function signal() {
  let give!: () => void;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}

const names = (document: CatalogueDocument | undefined) =>
  document?.components.map(({ name }) => name);

describe('storing a catalogue', () => {
  it('keeps it as a revision, and announces it', async () => {
    const before = await announcedRevision();

    const answer = await catalogue.store(documentOf('core', 'minion'), AS_GIVEN);

    expect(answer).toEqual({ outcome: 'stored', affected: [] });
    expect(await storedDocuments()).toEqual([
      JSON.parse(JSON.stringify(documentOf('core', 'minion'))),
    ]);
    expect(await announcedRevision()).toEqual({ revision: before.revision + 1, catalogue: true });
  });

  it('that says what is in force stores and announces nothing', async () => {
    await catalogue.store(documentOf('core', 'minion'), AS_GIVEN);
    const before = await announcedRevision();

    for (const force of [false, true]) {
      const again = await catalogue.store(documentOf('core', 'minion'), {
        ...AS_GIVEN,
        now: after(1),
        force,
      });
      expect(again).toEqual({ outcome: 'unchanged', affected: [] });
    }

    expect(await storedDocuments()).toHaveLength(1);
    expect(await announcedRevision()).toEqual(before);
  });

  it('that differs in order alone is another one: it is shown in that order', async () => {
    await catalogue.store(documentOf('core', 'minion'), AS_GIVEN);
    expect(await catalogue.store(documentOf('minion', 'core'), AS_GIVEN)).toMatchObject({
      outcome: 'stored',
    });
    expect((await storedDocuments()).map(names)).toEqual([
      ['core', 'minion'],
      ['minion', 'core'],
    ]);
  });

  it('of an earlier state adds a revision, and changes no earlier one', async () => {
    await catalogue.store(documentOf('core'), AS_GIVEN);
    await catalogue.store(documentOf('core', 'minion'), AS_GIVEN);
    await catalogue.store(documentOf('core'), AS_GIVEN);
    expect((await storedDocuments()).map(names)).toEqual([['core'], ['core', 'minion'], ['core']]);
  });

  it('from two processes at once keeps each, one after the other', async () => {
    const other = await createDataSource(database.url).initialize();
    const theirs = new CatalogueStore(other, new ChangeStore(other));
    const answers = await Promise.all([
      catalogue.store(documentOf('core'), AS_GIVEN),
      theirs.store(documentOf('minion'), AS_GIVEN),
    ]);
    await other.destroy();

    expect(answers.map(({ outcome }) => outcome)).toEqual(['stored', 'stored']);
    expect((await storedDocuments()).map(names).sort()).toEqual([['core'], ['minion']]);
  });
});

describe('a component that live keys use', () => {
  beforeEach(() => catalogue.store(documentOf('core', 'minion', 'open'), AS_GIVEN));

  it('is not left out: nothing changes, and the answer lists the keys', async () => {
    const core = await makeKey(['core']);
    const both = await makeKey(['core', 'minion']);
    await makeKey(['minion']);

    const answer = await catalogue.store(documentOf('minion', 'open'), AS_GIVEN);

    expect(answer.outcome).toBe('refused');
    expect(answer.affected).toHaveLength(2);
    expect(answer.affected).toEqual(
      expect.arrayContaining([
        { id: core, label: 'core', components: ['core'] },
        { id: both, label: 'core+minion', components: ['core', 'minion'] },
      ]),
    );
    expect((await storedDocuments()).map(names)).toEqual([['core', 'minion', 'open']]);
    expect((await announcedRevision()).catalogue).toBe(false);
  });

  it('is left out by force, and the answer lists the keys all the same', async () => {
    const id = await makeKey(['core']);

    const answer = await catalogue.store(documentOf('minion'), BY_FORCE);

    expect(answer).toMatchObject({ outcome: 'stored', affected: [{ id }] });
    expect(names((await storedDocuments()).at(-1))).toEqual(['minion']);
  });

  it('may change in itself, and others may go', async () => {
    await makeKey(['core']);
    const changed = documentOf('core');
    const answer = await catalogue.store(
      { components: changed.components.map((each) => ({ ...each, series: ['2026'] })) },
      AS_GIVEN,
    );
    expect(answer).toEqual({ outcome: 'stored', affected: [] });
  });

  it('is held by a key that expires in a moment, and not by one that just has', async () => {
    await makeKey(['core'], after(1_000));
    expect(
      await catalogue.store(documentOf('minion'), { ...AS_GIVEN, now: after(999) }),
    ).toMatchObject({
      outcome: 'refused',
    });
    expect(await catalogue.store(documentOf('minion'), { ...AS_GIVEN, now: after(1_000) })).toEqual(
      {
        outcome: 'stored',
        affected: [],
      },
    );
  });

  it('is not held by a revoked key', async () => {
    const id = await makeKey(['core']);
    await revokeKey(keys, id, NOW);
    expect(await catalogue.store(documentOf('minion'), AS_GIVEN)).toEqual({
      outcome: 'stored',
      affected: [],
    });
  });

  it('is held by a key that is being made at that moment', async () => {
    const other = await createDataSource(database.url).initialize();
    const [inserted, finished] = [signal(), signal()];
    const making = new ChangeStore(other).commit(TESTER, async (manager) => {
      const id = randomUUID();
      await manager.query(
        `INSERT INTO key (id, label, components, created_at) VALUES ($1, 'x', ARRAY['core'], $2)`,
        [id, NOW],
      );
      inserted.give();
      await finished.given;
      return { keyIds: [id], catalogue: false, events: [], result: undefined };
    });
    await inserted.given;

    const storing = catalogue.store(documentOf('minion'), AS_GIVEN);
    await until(async () => (await other.query<object[]>(WAITING_SESSIONS)).length === 1);
    finished.give();
    await making;
    await other.destroy();

    expect((await storing).outcome).toBe('refused');
  });

  it('lists all of its keys', async () => {
    await dataSource.query(
      `INSERT INTO key (id, label, components, created_at)
       SELECT gen_random_uuid(), 'many', ARRAY['core'], $1 FROM generate_series(1, 150)`,
      [NOW],
    );
    const { outcome, affected } = await catalogue.store(documentOf('minion'), AS_GIVEN);
    expect(outcome).toBe('refused');
    expect(affected).toHaveLength(150);
  });
});
