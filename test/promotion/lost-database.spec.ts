import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { DEB, PromotionSite, type Release, RPM } from './support/promotion-site.js';

let databases: TestDatabase[];
let packyard: PromotionSite;
beforeAll(async () => {
  databases = [await createTestDatabase(), await createTestDatabase()];
  packyard = await PromotionSite.start({ DATABASE_URL: databases[0]!.url });
});
afterAll(async () => {
  await packyard?.stop();
  await Promise.all(databases.map((each) => each.drop()));
});

async function mustChange(path: 'rollbacks' | 'withdrawals', body: object, place: string) {
  const { status, body: promotion } = await packyard.call<{ id: string }>('POST', path, body);
  expect([status, promotion]).toEqual([202, promotion]);
  expect(await packyard.signer(place).see(promotion.id)).toMatchObject({ state: 'live' });
}

it('makes the rows of releases again from what each snapshot says, and goes on with them', async () => {
  const rpms: string[] = [];
  for (const version of ['1', '2']) {
    await packyard.stageRpm('acme', version);
    rpms.push(await packyard.mustPromote(RPM));
  }
  await packyard.stageDeb('acme', '1');
  await packyard.mustPromote(DEB);
  await mustChange('withdrawals', { release: rpms[1], packages: ['acme-1-1.noarch.rpm'] }, RPM);
  const before = await packyard.releases('limit=500');
  expect(before.map(({ kind }) => kind)).toEqual([
    'withdrawal',
    'promotion',
    'promotion',
    'promotion',
  ]);

  await packyard.site.restart({ DATABASE_URL: databases[1]!.url }); // an empty one
  let after: Release[] = [];
  await until(async () => {
    after = await packyard.releases('limit=500');
    return after.filter(({ live }) => live).length === 2;
  });
  expect(after).toEqual(before);

  // What was withdrawn is still known, what is live is built upon, and an earlier release can be brought back.
  const refused = await packyard.call('POST', 'rollbacks', { release: rpms[0] });
  expect(refused).toMatchObject({ status: 409, body: { code: 'PACKAGE_WITHDRAWN' } });
  await packyard.stageRpm('acme', '3');
  await packyard.mustPromote(RPM);
  await mustChange('rollbacks', { release: after[0]!.id }, RPM);
  const [live] = await packyard.releases('format=rpm');
  expect(live).toMatchObject({ live: true, packages: [{ version: '2-1' }] });
});
