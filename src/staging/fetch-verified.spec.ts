import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DomainError } from '../common/domain-error.js';
import { fetchVerified } from './fetch-verified.js';
import type { StagingStore } from './staging-store.js';

const EL9 = { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' } as const;
const CONTENT = 'the content';
const EXPECTED = {
  size: CONTENT.length,
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-fetch-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A store that opens to one answer after the other. */
function answering(...answers: (() => Readable)[]) {
  const opened: number[] = [];
  const open = () =>
    new Promise<Readable>((resolve) => {
      opened.push(opened.length);
      resolve(answers[opened.length - 1]!());
    });
  return { opened, store: { open } as unknown as StagingStore };
}
const content = () => Readable.from([Buffer.from('the '), Buffer.from('content')]);
const unavailable = () => {
  throw new DomainError('STAGING_UNAVAILABLE', 'down');
};
const fetch = (store: StagingStore, options = {}) =>
  fetchVerified(store, EL9, 'a.rpm', EXPECTED, join(folder, 'a.rpm'), {
    pauses: [1, 1],
    ...options,
  });

it('asks again when staging could not be had, as often as it is told', async () => {
  const { store, opened } = answering(unavailable, unavailable, content);
  await fetch(store);
  expect(opened).toHaveLength(3);
  expect(await readFile(join(folder, 'a.rpm'), 'utf8')).toBe(CONTENT);
});

it('gives up after that', async () => {
  const { store, opened } = answering(unavailable, unavailable, unavailable);
  await expect(fetch(store)).rejects.toMatchObject({ code: 'STAGING_UNAVAILABLE' });
  expect(opened).toHaveLength(3);
});

it('does not ask again for a file that is another one', async () => {
  const { store, opened } = answering(() => Readable.from([Buffer.from('not content')]));
  await expect(fetch(store)).rejects.toMatchObject({ code: 'STAGED_FILE_CHANGED' });
  expect(opened).toHaveLength(1);
  expect(await readdir(folder)).toEqual([]);
});

it('leaves a file that a web server may read', async () => {
  await fetch(answering(content).store);
  expect((await stat(join(folder, 'a.rpm'))).mode & 0o444).toBe(0o444);
});

it('does not begin what does not fit on the disk', async () => {
  const { store, opened } = answering(content);
  const expected = { ...EXPECTED, size: Number.MAX_SAFE_INTEGER };
  await expect(
    fetchVerified(store, EL9, 'a.rpm', expected, join(folder, 'a.rpm')),
  ).rejects.toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining(folder) });
  expect(opened).toEqual([]);
});

it('ends with the reason of a cancellation, before it and between two tries', async () => {
  const reason = new Error('cancelled');
  const controller = new AbortController();
  const { store } = answering(() => {
    controller.abort(reason);
    return unavailable();
  });
  await expect(fetch(store, { signal: controller.signal, pauses: [60_000] })).rejects.toBe(reason);
  await expect(fetch(answering(content).store, { signal: controller.signal })).rejects.toBe(reason);
  expect(await readdir(folder)).toEqual([]);
});
