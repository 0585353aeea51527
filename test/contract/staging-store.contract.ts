import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Destination } from '../../src/promotion/publication.js';
import { fetchVerified } from '../../src/staging/fetch-verified.js';
import { ObjectStore, type StoredObject } from '../../src/staging/object-store.js';
import { readText } from '../../src/staging/read-text.js';
import { compareBytes, stagingPath } from '../../src/staging/staging-path.js';
import { type StagedFile, StagingStore } from '../../src/staging/staging-store.js';

/** A staging area of a test's own, and how the outside sees it. */
export interface StagingArea {
  readonly objects: ObjectStore;
  put(path: string, content: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Every file that is stored, with its content. */
  all(): Promise<Map<string, string>>;
}

const EL9: Destination = { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' };
const FOLDER = 'core/2025/rpm/el9-x86_64';
const PROMOTION = '7d0a4a1e-promotion';
const PROMOTED = `promoted/${PROMOTION}/${FOLDER}`;

/** What CI and Debian put into names, and what some tools put there besides. */
const NAMES = [
  'acme-1.0~rc1+git^2-1.el9.x86_64.rpm',
  'acme_1%3a2.0-1_amd64.deb',
  'acme 1:2.0 (beta).rpm',
  'größe-日本-😀.rpm',
  `quotes'"&<>#?=,;@$[]{}!*.rpm`,
  `${'n'.repeat(244)}.rpm`,
];

export const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

/** What staging does, whatever it keeps files in. @param freshArea an empty one that was prepared */
export function keepsStagedFiles(freshArea: () => Promise<StagingArea>): void {
  let area: StagingArea;
  let store: StagingStore;
  beforeEach(async () => {
    area = await freshArea();
    store = new StagingStore(area.objects);
  });

  const stage = async (path: string, content = `content of ${path}`) => {
    await area.put(path, content);
    await area.put(`${path}.sha256`, `${sha256(content)}  ${path.split('/').at(-1)}\n`);
  };
  const list = async (...args: Parameters<StagingStore['list']>) => {
    const files: StagedFile[] = [];
    for await (const file of store.list(...args)) files.push(file);
    return files;
  };
  const statesOf = (files: StagedFile[]) =>
    Object.fromEntries(files.map(({ path, state }) => [path, state]));
  const moved = (name: string, content = `content of ${FOLDER}/${name}`) => ({
    name,
    sha256: sha256(content),
  });

  describe('a list', () => {
    it('of nothing is empty', async () => {
      expect(await list()).toEqual([]);
    });

    it('has of a complete file what its checksum and the store say', async () => {
      const before = Date.now();
      await stage(`${FOLDER}/acme.rpm`, 'an RPM');
      const [file, ...others] = await list();
      expect(others).toEqual([]);
      expect(file).toEqual({
        state: 'complete',
        path: `${FOLDER}/acme.rpm`,
        destination: EL9,
        name: 'acme.rpm',
        size: 6,
        sha256: sha256('an RPM'),
        stagedAt: file!.stagedAt,
      });
      // S3 counts in seconds.
      expect(file!.stagedAt.getTime()).toBeGreaterThanOrEqual(before - 1_000);
      expect(file!.stagedAt.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
    });

    it('takes a checksum without a name too', async () => {
      await area.put(`${FOLDER}/acme.rpm`, '');
      await area.put(`${FOLDER}/acme.rpm.sha256`, sha256('').toUpperCase());
      expect(await list()).toMatchObject([{ state: 'complete', size: 0, sha256: sha256('') }]);
    });

    it('says what is missing of an incomplete file', async () => {
      await area.put(`${FOLDER}/a-none.rpm`, 'x');
      await area.put(`${FOLDER}/b-empty.rpm`, 'x');
      await area.put(`${FOLDER}/b-empty.rpm.sha256`, '');
      await area.put(`${FOLDER}/c-other.rpm`, 'x');
      await area.put(`${FOLDER}/c-other.rpm.sha256`, `${sha256('x')}  b-empty.rpm\n`);
      await area.put(`${FOLDER}/d-large.rpm`, 'x');
      await area.put(`${FOLDER}/d-large.rpm.sha256`, sha256('x').repeat(100));
      await area.put(`${FOLDER}/e-alone.rpm.sha256`, sha256('x'));
      const problems = (await list()).map((file) => [
        file.path.slice(FOLDER.length + 1),
        file.state,
        'problem' in file && file.problem,
      ]);
      expect(problems).toEqual([
        ['a-none.rpm', 'incomplete', expect.stringContaining('not there yet')],
        ['b-empty.rpm', 'incomplete', expect.stringContaining('not 64 hex digits')],
        ['c-other.rpm', 'incomplete', expect.stringContaining('of another name')],
        ['d-large.rpm', 'incomplete', expect.stringContaining('not 64 hex digits')],
        ['e-alone.rpm.sha256', 'incomplete', expect.stringContaining('is not there')],
      ]);
    });

    it('says of what it does not understand why', async () => {
      const refused = {
        'README.txt': 'is not at {component}',
        'core/2025/rpm/acme.rpm': 'is not at {component}',
        [`${FOLDER}/deep/acme.rpm`]: 'is not at {component}',
        'Core/2025/rpm/el9-x86_64/acme.rpm': 'a component',
        'core/.2025/rpm/el9-x86_64/acme.rpm': 'a series',
        'core/2025/apk/el9-x86_64/acme.rpm': 'rpm, deb, oci',
        'core/2025/rpm/el9 x86_64/acme.rpm': 'a target',
        [`${FOLDER}/.hidden.rpm`]: 'begins with a dot',
        [`${FOLDER}/back\\slash.rpm`]: 'a backslash',
        [`${FOLDER}/acme.rpm.sha256.sha256`]: 'ends in .sha256',
        [`${FOLDER}/${'n'.repeat(249)}`]: 'longer than 248 bytes',
      };
      for (const path of Object.keys(refused)) await area.put(path, 'x');
      const files = await list();
      expect(files.map(({ path }) => path).sort()).toEqual(Object.keys(refused).sort());
      for (const file of files) {
        expect(file).toMatchObject({
          state: 'refused',
          problem: expect.stringContaining(refused[file.path]!),
        });
      }
    });

    it('refuses control characters in names, and goes on behind them', async () => {
      await stage(`${FOLDER}/bell\u0007.rpm`);
      await stage(`${FOLDER}/c1\u0085.rpm`);
      await stage(`${FOLDER}/line\nbreak.rpm`);
      await stage(`${FOLDER}/zebra.rpm`);
      const files = await list();
      expect(files.filter(({ state }) => state === 'complete').map(({ path }) => path)).toEqual([
        `${FOLDER}/zebra.rpm`,
      ]);
      const refused = files.filter(({ state }) => state === 'refused');
      expect(refused.length).toBeGreaterThanOrEqual(3);
      for (const file of refused)
        expect(file).toHaveProperty('problem', expect.stringMatching(/control|not UTF-8/));
    });

    it.each(NAMES)('has %s as it was written, and its bytes', async (name) => {
      await stage(`${FOLDER}/${name}`);
      expect(await list()).toMatchObject([{ state: 'complete', name }]);
      const bytes = await store.open(EL9, name);
      expect(await readText(bytes, 10_000)).toBe(`content of ${FOLDER}/${name}`);
    });

    it('has only what is asked for', async () => {
      const paths = [
        'core/2024/rpm/el9-x86_64/a.rpm',
        'core/2025/deb/bookworm-amd64/a.deb',
        'core/2025/rpm/el9-x86_64/a.rpm',
        'core/2025/rpm/el9-x86_64-debug/a.rpm',
        'core-x/2025/rpm/el9-x86_64/a.rpm',
        'minion/2025/rpm/el9-x86_64/a.rpm',
      ];
      for (const path of paths) await stage(path);
      const found = async (filter: Partial<Destination>) =>
        (await list(filter)).map(({ path }) => path);
      expect(await found({ component: 'core' })).toEqual(
        paths.filter((path) => path.startsWith('core/')).sort(),
      );
      expect(await found({ component: 'core', series: '2025', format: 'deb' })).toEqual([paths[1]]);
      expect(await found(EL9)).toEqual([paths[2]]);
      expect((await found({ target: 'el9-x86_64' })).sort()).toEqual(
        paths.filter((path) => path.includes('/el9-x86_64/')).sort(),
      );
      expect(await found({ format: 'deb' })).toEqual([paths[1]]);
      expect(await found({ component: 'none' })).toEqual([]);
      expect(await found({ component: 'core', series: '../2024' })).toEqual([]);
    });

    it('goes on from any of its files, in the order of the bytes', async () => {
      const paths = [
        'core-x/2025/rpm/el9-x86_64/a.rpm',
        'core/2025/rpm/el9-x86_64/a',
        'core/2025/rpm/el9-x86_64/a.rpm',
        'core/2025/rpm/el9-x86_64/a.rpm-more',
        'core/2025/rpm/el9-x86_64/a.rpm.zsync',
        'core/2025/rpm/el9-x86_64/\u{1F600}.rpm',
        'core/2025/rpm/el9-x86_64/\uFF5E.rpm',
        'core/2025/rpm/el9-x86_64.x/b.rpm',
        'core0/2025/rpm/el9-x86_64/a.rpm',
        'zoo/a',
      ];
      for (const path of paths) await stage(path);
      await area.put(`${FOLDER}/b.rpm.sha256`, sha256('x'));

      const whole = await list();
      const order = whole.map(({ path }) => path);
      expect(order).toEqual([...order].sort(compareBytes));
      expect(order).toEqual(expect.arrayContaining(paths));
      for (const [i, { path }] of whole.entries()) {
        expect(await list({}, path)).toEqual(whole.slice(i + 1));
      }
    });

    it('has nothing that was promoted, and all that comes behind', async () => {
      await stage(`promoted/${PROMOTION}/${FOLDER}/a.rpm`);
      await stage('promoted-x/2025/rpm/el9-x86_64/a.rpm');
      await stage('promoted0/2025/rpm/el9-x86_64/a.rpm');
      await stage('quux/2025/rpm/el9-x86_64/a.rpm');
      expect((await list()).map(({ path }) => path.split('/')[0])).toEqual([
        'promoted-x',
        'promoted0',
        'quux',
      ]);
      expect(await list({}, 'promoted0/2025/rpm/el9-x86_64/a.rpm')).toHaveLength(1);
    });

    it('has more than a thousand files, each once', async () => {
      const names = Array.from({ length: 1_100 }, (_, i) => `p${String(i).padStart(5, '0')}.rpm`);
      for (let i = 0; i < names.length; i += 100) {
        await Promise.all(names.slice(i, i + 100).map((name) => stage(`${FOLDER}/${name}`)));
      }
      const files = await list(EL9);
      expect(files.map(({ path }) => path)).toEqual(names.map((name) => `${FOLDER}/${name}`));
      expect(files.every(({ state }) => state === 'complete')).toBe(true);
    });

    it('has what was there, each once, while others stage', async () => {
      const names = Array.from({ length: 60 }, (_, i) => `m${String(i).padStart(3, '0')}.rpm`);
      await Promise.all(names.map((name) => stage(`${FOLDER}/${name}`)));
      let listing = true;
      const staging = (async () => {
        for (let i = 0; listing; i++) {
          await stage(`${FOLDER}/${i % 2 ? 'a' : 'z'}${i}.rpm`);
          await stage(`aaa/2025/rpm/el9-x86_64/${i}.rpm`);
        }
      })();
      for (let round = 0; round < 5; round++) {
        const paths = (await list()).map(({ path }) => path);
        expect(new Set(paths).size).toBe(paths.length);
        expect(paths).toEqual(expect.arrayContaining(names.map((name) => `${FOLDER}/${name}`)));
      }
      listing = false;
      await staging;
    });
  });

  describe('a file', () => {
    it('that vanished since it was listed is not read', async () => {
      await stage(`${FOLDER}/a.rpm`);
      await list();
      await area.remove(`${FOLDER}/a.rpm`);
      await expect(store.open(EL9, 'a.rpm')).rejects.toMatchObject({
        code: 'STAGED_FILE_CHANGED',
        message: expect.stringContaining(`${FOLDER}/a.rpm is no longer in staging`),
      });
    });

    it.each(['../../../../secret', '..', '.', '', 'a/b', 'a\\b', 'a.rpm.sha256'])(
      'named "%s" is not read',
      async (name) => {
        await stage(`${FOLDER}/a.rpm`);
        await area.put('secret', 'x');
        await expect(store.open(EL9, name)).rejects.toMatchObject({ code: 'STAGED_FILE_CHANGED' });
      },
    );
  });

  describe('fetching', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'packyard-fetch-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const fetch = (content: string, size = Buffer.byteLength(content)) =>
      fetchVerified(store, EL9, 'a.rpm', { size, sha256: sha256(content) }, join(folder, 'a.rpm'), {
        pauses: [],
      });

    it('leaves the whole file under its name', async () => {
      const content = 'much '.repeat(200_000);
      await stage(`${FOLDER}/a.rpm`, content);
      await fetch(content);
      expect(await readFile(join(folder, 'a.rpm'), 'utf8')).toBe(content);
      expect(await readdir(folder)).toEqual(['a.rpm']);
    });

    it.each([
      ['other bytes', 'abcdef', 'SHA-256'],
      ['fewer bytes', 'abc', 'has 3 bytes and not 6'],
      ['no bytes', '', 'has 0 bytes'],
      ['more bytes', 'x'.repeat(1_000_000), 'longer than 6 bytes'],
    ])('refuses %s, though the checksum is the old one', async (_, content, words) => {
      await stage(`${FOLDER}/a.rpm`, 'frozen');
      await area.put(`${FOLDER}/a.rpm`, content);
      await expect(fetch('frozen')).rejects.toMatchObject({
        code: 'STAGED_FILE_CHANGED',
        message: expect.stringContaining(words),
      });
      expect(await readdir(folder)).toEqual([]);
    });

    it('refuses what is gone', async () => {
      await expect(fetch('frozen')).rejects.toMatchObject({ code: 'STAGED_FILE_CHANGED' });
      expect(await readdir(folder)).toEqual([]);
    });
  });

  describe('what was promoted', () => {
    const contents = (...names: string[]) =>
      new Map(
        names.flatMap((name) => {
          const content = `content of ${FOLDER}/${name}`;
          return [
            [`${PROMOTED}/${name}`, content],
            [`${PROMOTED}/${name}.sha256`, `${sha256(content)}  ${name}\n`],
          ] as const;
        }),
      );

    it('moves with its checksum, and nothing else does', async () => {
      for (const name of [...NAMES, 'other.rpm']) await stage(`${FOLDER}/${name}`);
      const files = NAMES.map((name) => moved(name));
      const outcome = await store.moveToPromoted(EL9, files, PROMOTION);
      expect({ ...outcome, moved: [...outcome.moved].sort() }).toEqual({
        moved: [...NAMES].sort(),
        replaced: [],
        missing: [],
      });
      expect(statesOf(await list())).toEqual({ [`${FOLDER}/other.rpm`]: 'complete' });
      const stored = await area.all();
      for (const [path, content] of contents(...NAMES)) expect(stored.get(path)).toBe(content);
      expect(stored.size).toBe(2 * NAMES.length + 2);
    });

    it('is moved once, however often it is asked', async () => {
      await stage(`${FOLDER}/a.rpm`);
      const first = await store.moveToPromoted(EL9, [moved('a.rpm')], PROMOTION);
      const stored = await area.all();
      expect(await store.moveToPromoted(EL9, [moved('a.rpm')], PROMOTION)).toEqual(first);
      expect(await area.all()).toEqual(stored);
    });

    it('is whole in one place or the other, wherever the move breaks off, and is moved by the next', async () => {
      const content = `content of ${FOLDER}/a.rpm`;
      let brokenOff = 0;
      for (let steps = 0; ; steps++) {
        area = await freshArea();
        store = new StagingStore(area.objects);
        await stage(`${FOLDER}/a.rpm`);
        const breaking = new StagingStore(new BreakingStore(area.objects, steps));
        const attempt = await breaking
          .moveToPromoted(EL9, [moved('a.rpm')], PROMOTION)
          .catch((error: Error) => error);
        const stored = await area.all();
        expect([stored.get(`${FOLDER}/a.rpm`), stored.get(`${PROMOTED}/a.rpm`)]).toContain(content);
        if (!(attempt instanceof Error)) break;
        expect(attempt.message).toBe('broken off');
        brokenOff++;

        expect((await store.moveToPromoted(EL9, [moved('a.rpm')], PROMOTION)).moved).toEqual([
          'a.rpm',
        ]);
        expect(await area.all()).toEqual(contents('a.rpm'));
      }
      expect(brokenOff).toBe(8); // two lists, two copies, two reads, two removals
    });

    it('stays where it is when it is another file by now', async () => {
      await stage(`${FOLDER}/a.rpm`, 'newer');
      await stage(`${FOLDER}/b.rpm`);
      await area.put(`${FOLDER}/b.rpm`, 'newer, and its checksum still to come');
      const stored = await area.all();
      expect(
        await store.moveToPromoted(EL9, [moved('a.rpm'), moved('b.rpm')], PROMOTION),
      ).toMatchObject({ moved: [], replaced: expect.arrayContaining(['a.rpm', 'b.rpm']) });
      expect(await area.all()).toEqual(stored);
    });

    it('leaves a newer file that came after it was copied', async () => {
      await stage(`${FOLDER}/a.rpm`);
      await store.moveToPromoted(EL9, [moved('a.rpm')], PROMOTION);
      await stage(`${FOLDER}/a.rpm`, 'newer');
      expect(await store.moveToPromoted(EL9, [moved('a.rpm')], PROMOTION)).toMatchObject({
        moved: ['a.rpm'],
      });
      const stored = await area.all();
      expect(stored.get(`${FOLDER}/a.rpm`)).toBe('newer');
      expect(stored.get(`${FOLDER}/a.rpm.sha256`)).toContain(sha256('newer'));
      expect(stored.get(`${PROMOTED}/a.rpm`)).toBe(`content of ${FOLDER}/a.rpm`);
    });

    it('that somebody removed is named', async () => {
      expect(await store.moveToPromoted(EL9, [moved('a.rpm')], PROMOTION)).toEqual({
        moved: [],
        replaced: [],
        missing: ['a.rpm'],
      });
    });

    it('never overwrites what lies in its way', async () => {
      await stage(`${FOLDER}/a.rpm`);
      await area.put(`${PROMOTED}/a.rpm`, 'something else');
      const stored = await area.all();
      await expect(store.moveToPromoted(EL9, [moved('a.rpm')], PROMOTION)).rejects.toMatchObject({
        code: 'STAGED_FILE_CHANGED',
      });
      expect(await area.all()).toEqual(stored);
    });
  });

  describe('a stored file', () => {
    it('is neither copied nor removed once it was replaced', async () => {
      await area.put(stagingPath(EL9, 'a.rpm'), 'first');
      const seen = (await area.objects.look(stagingPath(EL9, 'a.rpm')))!;
      await area.put(stagingPath(EL9, 'a.rpm'), 'second');
      expect(await area.objects.copy(seen, 'promoted/x/a.rpm')).toBe(false);
      await area.objects.remove(seen);
      expect(await area.all()).toEqual(new Map([[stagingPath(EL9, 'a.rpm'), 'second']]));
    });
  });

  it('is prepared again without harm, and by several at once', async () => {
    await stage(`${FOLDER}/a.rpm`);
    await Promise.all([store.prepare(), store.prepare(), store.prepare()]);
    await store.check();
    expect(statesOf(await list())).toEqual({ [`${FOLDER}/a.rpm`]: 'complete' });
  });
}

/** Lets some steps through and then none: what a crash leaves, at a place of the test's choosing. */
class BreakingStore extends ObjectStore {
  constructor(
    private readonly inner: ObjectStore,
    private left: number,
  ) {
    super();
  }

  private step<T>(work: () => T): T {
    if (this.left-- <= 0) throw new Error('broken off');
    return work();
  }

  list(options: { prefix: string; after: string }) {
    return this.step(() => this.inner.list(options));
  }
  async look(path: string) {
    return this.step(() => this.inner.look(path));
  }
  async read(path: string) {
    return this.step(() => this.inner.read(path));
  }
  async copy(source: StoredObject, target: string) {
    return this.step(() => this.inner.copy(source, target));
  }
  async remove(object: StoredObject) {
    return this.step(() => this.inner.remove(object));
  }
  async prepare() {
    return this.step(() => this.inner.prepare());
  }
  async check() {
    return this.step(() => this.inner.check());
  }
}
