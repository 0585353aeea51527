import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { PromotionSite, RPM } from './support/promotion-site.js';

const PRELOADED = ['support/steppable-clock.cjs', 'promotion/support/dies-at-moment.cjs'];
const DAY = 24 * 60 * 60_000; // milliseconds

let folder: string;
let database: TestDatabase;
let packyard: PromotionSite;
/** Of acme, the oldest first. */
const releases: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packyard-retention-'));
  await writeFile(join(folder, 'clock'), '0');
  await dieAt('never');
  database = await createTestDatabase();
  packyard = await PromotionSite.start({
    RELEASES_KEPT: '1',
    DATABASE_URL: database.url,
    NODE_OPTIONS: PRELOADED.map((file) => `--require ${resolve('test', file)}`).join(' '),
    STEPPABLE_CLOCK_FILE: join(folder, 'clock'),
    MOMENT: join(folder, 'moment'),
  });
  for (const version of ['1', '2', '3']) await promoteAcme(version);
}, 120_000);
afterAll(async () => {
  await packyard?.stop();
  await database?.drop();
  await rm(folder, { recursive: true });
});

async function promoteAcme(version: string): Promise<void> {
  await packyard.stageRpm('acme', version);
  releases.push(await packyard.mustPromote(RPM));
}

/** Days after the first of the releases; a restart has the server see it for certain. */
async function setDay(day: number): Promise<void> {
  // Or what ended before would be tidied away on that day.
  const untidied = 'SELECT FROM promotion WHERE NOT tidied';
  await until(async () => (await database.query(untidied)).length === 0);
  await writeFile(join(folder, 'clock'), String(day * DAY));
  await packyard.site.restart({});
}

/** @param moment a name of dies-at-moment.cjs, or `never` */
const dieAt = (moment: string) => writeFile(join(folder, 'moment'), moment);

/** Says the API, and has the tree; what goes, goes after the promotion has ended. */
async function untilKept(expected: (string | undefined)[]): Promise<void> {
  const found = async () =>
    (await packyard.releases('component=core')).filter(({ kept }) => kept).map(({ id }) => id);
  await until(async () => (await found()).length <= expected.length);
  expect((await found()).sort()).toEqual(expected);
  const snapshots = await readdir(
    join(packyard.site.tree.folder, '.snap/rpm/core/2025/el9-x86_64'),
  );
  expect(snapshots.filter((name) => /^\d{8}T/.test(name)).sort()).toEqual(expected);
}

const rollBack = (release: string | undefined) =>
  packyard.call<{ id: string; code: string }>('POST', 'rollbacks', { release });

it('keeps what was live within 14 days, and nothing older but as many as RELEASES_KEPT says', async () => {
  await untilKept(releases);
  await setDay(15);
  await promoteAcme('4');
  const [first, second, third, fourth] = releases;
  await untilKept([third, fourth]); // the third was made 15 days ago, and live until now

  for (const removed of [first, second]) {
    expect(await rollBack(removed)).toMatchObject({
      status: 409,
      body: { code: 'RELEASE_REMOVED' },
    });
  }
  const { status, body } = await rollBack(third);
  expect([status, body]).toEqual([202, body]);
  expect(await packyard.signer(RPM).see(body.id)).toMatchObject({ state: 'live' });
  const [live] = await packyard.releases('component=core');
  expect(live).toMatchObject({ live: true, kind: 'rollback' });
  expect(live!.packages.map(({ version }) => version)).toEqual(['1-1', '2-1', '3-1']);
});

it('keeps what is live, however old, when something else is promoted', async () => {
  const [live] = await packyard.releases('component=core');
  await setDay(30);
  const elsewhere = 'minion/2025/rpm/el9-x86_64';
  await packyard.stageRpm('other', '1', elsewhere);
  await packyard.mustPromote(elsewhere);
  await untilKept([live!.id]);
});

it('says of a release that it is gone, although it was killed between its removal and the record of that', async () => {
  await promoteAcme('5');
  await setDay(45);
  await dieAt('UPDATE release removed_at');
  await packyard.stageRpm('acme', '6');
  const id = await packyard.order(RPM);
  const signed = packyard
    .signer(RPM)
    .see(id)
    .catch(() => undefined); // it may die before it says that it is live
  await until(async () => (await readFile(join(folder, 'moment'), 'utf8')) === 'dead');
  await signed;
  await packyard.site.restart({});
  await untilKept([releases.at(-1), (await packyard.get(id)).release!]);
});
