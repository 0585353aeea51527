import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { PromotionSite } from './support/promotion-site.js';

/** So many targets of one publication. */
const DISTRIBUTIONS = ['bookworm', 'trixie', 'forky'];
const CATALOGUE = `components:
  - name: core
    visibility: private
    series: ['2025']
    deb: { distributions: [${DISTRIBUTIONS.join(', ')}], architectures: [amd64] }
`;
const PLACES = DISTRIBUTIONS.map((distribution) => `core/2025/deb/${distribution}-all`);

let folder: string;
let database: TestDatabase;
let packyard: PromotionSite;
let other: PromotionSite;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-two-'));
  await writeFile(join(folder, 'packyard.yml'), CATALOGUE);
  database = await createTestDatabase();
  packyard = await PromotionSite.start({
    DATABASE_URL: database.url,
    PACKYARD_CONFIG: join(folder, 'packyard.yml'),
  });
  other = await packyard.startAnother();
}, 120_000);
afterAll(async () => {
  await packyard?.stop();
  await database?.drop();
  await rm(folder, { recursive: true });
});

async function liveNames(): Promise<string[]> {
  const [live] = (await packyard.releases()).filter((each) => each.live);
  return live!.packages.map(({ name }) => name).sort();
}

it('promotes one publication one at a time, in the order in which both processes were asked', async () => {
  for (const [i, place] of PLACES.entries()) await packyard.stageDeb(`package-${i}`, '1', place);
  const sites = [packyard, other, packyard];
  const ids: string[] = [];
  for (const [i, place] of PLACES.entries()) ids.push(await sites[i]!.order(place));
  // Each is signed through the process that it was not ordered from.
  const signers = [other, packyard, other].map((each, i) => each.signer(PLACES[i]!));
  const ended = await Promise.all(ids.map((id, i) => signers[i]!.see(id)));

  expect(ended.map(({ state }) => state)).toEqual(['live', 'live', 'live']);
  const moments = ended.flatMap(({ steps, finished_at }) => [steps[0]!.started_at, finished_at]);
  expect(moments).toEqual([...moments].sort());
  expect(ended.map(({ base }) => base)).toEqual([null, ended[0]!.release, ended[1]!.release]);
  expect(await liveNames()).toEqual(['package-0', 'package-1', 'package-2']);
});

it('goes on in one process with what the other one, which was killed, awaited signatures for', async () => {
  const place = PLACES[0]!;
  await packyard.stageDeb('orphan', '1', place);
  await packyard.site.packyard.stop(); // so that it is the other one that begins
  const id = await other.order(place);
  await until(async () => (await other.get(id)).state === 'awaiting_signatures');
  await packyard.site.restart({});
  const begun = await packyard.get(id);
  expect(begun.state).toBe('awaiting_signatures');
  await other.site.packyard.kill();

  // What was to be signed before the kill is built anew, as another release.
  await until(async () => {
    const { release, state } = await packyard.get(id);
    return release !== begun.release && state === 'awaiting_signatures';
  });
  expect(await packyard.signer(place).see(id)).toMatchObject({ state: 'live', error: null });
  expect(await liveNames()).toEqual(['orphan', 'package-0', 'package-1', 'package-2']);
});
