import { Catalogue } from '../components/catalogue.js';
import type { CatalogueView } from '../components/catalogue-view.js';
import type { Destination } from '../promotion/publication.js';
import type { CompleteFile, StagedFile, StagingStore } from './staging-store.js';
import { StagingService, unknownDestination } from './staging.service.js';

const catalogue = new Catalogue({
  components: [
    {
      name: 'core',
      description: '',
      visibility: 'private',
      series: ['2024', '2025'],
      rpm: { targets: ['el9-x86_64'] },
      deb: { distributions: ['bookworm'], architectures: ['amd64'] },
    },
  ],
});

const EL9: Destination = { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' };

function complete(name: string, destination = EL9): CompleteFile {
  return {
    state: 'complete',
    path: `${Object.values(destination).join('/')}/${name}`,
    destination,
    name,
    size: 1,
    sha256: 'a'.repeat(64),
    stagedAt: new Date(0),
  };
}

describe('a destination', () => {
  it.each([
    { series: '2024' },
    { format: 'deb', target: 'bookworm-amd64' },
    { format: 'deb', target: 'bookworm-all' },
  ] as Partial<Destination>[])('of the catalogue is known: %j', (part) => {
    expect(unknownDestination({ ...EL9, ...part }, catalogue)).toBeUndefined();
  });

  it.each([
    [{ component: 'cores' }, 'no component "cores"'],
    [{ component: 'constructor' }, 'no component "constructor"'],
    [{ series: '2026' }, 'no series "2026"; it has: 2024, 2025'],
    [{ target: 'el8-x86_64' }, 'no rpm target "el8-x86_64"; it has: el9-x86_64'],
    [{ format: 'deb', target: 'el9-x86_64' }, 'it has: bookworm-amd64, bookworm-all'],
    [{ format: 'oci', target: 'amd64' }, 'core has no oci'],
  ] as [Partial<Destination>, string][])('that it lacks is named: %j', (part, words) => {
    expect(unknownDestination({ ...EL9, ...part }, catalogue)).toContain(words);
  });
});

describe('the list of what waits', () => {
  const files: StagedFile[] = [
    complete('a.rpm'),
    complete('b.rpm', { ...EL9, series: '2026' }),
    { state: 'incomplete', path: 'x', size: 1, stagedAt: new Date(0), problem: 'its own' },
  ];
  let taken = 0;
  const store = {
    async *list() {
      for (const file of files) {
        taken++;
        yield await Promise.resolve(file);
      }
    },
  } as unknown as StagingStore;
  const service = new StagingService(store, { catalogue } as CatalogueView);
  beforeEach(() => {
    taken = 0;
  });

  it('refuses what the catalogue has no place for, and leaves the rest as it is', async () => {
    expect(await service.list({}, { limit: 10 })).toEqual([
      files[0],
      {
        state: 'refused',
        path: files[1]!.path,
        size: 1,
        stagedAt: new Date(0),
        problem: expect.stringContaining('2026'),
      },
      files[2],
    ]);
  });

  it('reads no more than is asked for', async () => {
    expect(await service.list({}, { limit: 1 })).toHaveLength(1);
    expect(taken).toBe(1);
  });
});
