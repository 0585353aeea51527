import { writeFile } from 'node:fs/promises';
import request from 'supertest';
import { adminApi } from '../support/admin-api.js';
import { CATALOGUE, install, type Installation } from '../support/installation.js';
import { until } from '../support/until.js';

let packyard: Installation;
beforeAll(async () => {
  packyard = await install();
});
afterAll(() => packyard.remove());

const WITHOUT_MINION = CATALOGUE.replace(/ {2}- name: minion[\s\S]*?(?= {2}- name: open)/, '');
const reload = (body?: object) =>
  adminApi(packyard.admin).post('/api/v1/components/reload').send(body);
const names = async () =>
  (await adminApi(packyard.admin).get('/api/v1/components')).body.map(
    ({ name }: { name: string }) => name,
  );

describe('the catalogue file', () => {
  it('is read again on request, and changes what is public at once', async () => {
    const ask = () =>
      request(packyard.auth)
        .get('/auth')
        .set('X-Forwarded-Method', 'GET')
        .set('X-Forwarded-Uri', '/rpm/open/2025/x');
    await ask().expect(200);
    await writeFile(
      packyard.catalogueFile,
      CATALOGUE.replace('visibility: public', 'visibility: private'),
    );
    expect((await reload().expect(200)).body.changed).toBe(true);
    await ask().expect(401);
    expect((await reload().expect(200)).body.changed).toBe(false);
    await writeFile(packyard.catalogueFile, CATALOGUE);
    await reload().expect(200);
    await ask().expect(200);
  });

  it('is read again on SIGHUP', async () => {
    await writeFile(packyard.catalogueFile, CATALOGUE.replace('name: open', 'name: opened'));
    process.kill(packyard.pid, 'SIGHUP');
    await until(async () => (await names()).includes('opened'));
    await writeFile(packyard.catalogueFile, CATALOGUE);
    await reload().expect(200);
  });

  it('changes nothing while it has mistakes, and says all of them with their places', async () => {
    await writeFile(
      packyard.catalogueFile,
      'components:\n  - name: Core\n    sries: ["2025"]\n    oci: { repository: a/b }\n',
    );
    const { body } = await reload().expect(422);
    expect(body.code).toBe('CATALOGUE_INVALID');
    expect(body.details.mistakes.length).toBeGreaterThanOrEqual(4);
    expect(body.details.mistakes).toContainEqual({
      line: 2,
      column: 11,
      path: 'components[0].name',
      message: expect.any(String),
    });
    expect(await names()).toEqual(['core', 'minion', 'open']);

    const before = packyard.logs.length;
    process.kill(packyard.pid, 'SIGHUP');
    await until(() =>
      packyard.logs.slice(before).some(({ msg }) => msg === 'the catalogue stays as it was'),
    );
    expect(await names()).toEqual(['core', 'minion', 'open']);
    await writeFile(packyard.catalogueFile, CATALOGUE);
  });

  it('does not take a component from live keys unless forced, and then names them', async () => {
    const { id } = await packyard.createKey({ component: 'minion', label: 'in use' });
    const others = Array.from({ length: 100 }, () =>
      packyard.createKey({ component: 'minion', label: 'in use too' }),
    );
    await Promise.all(others);
    await writeFile(packyard.catalogueFile, WITHOUT_MINION);
    const { body } = await reload().expect(409);
    const inUse = { id, label: 'in use', components: ['minion'] };
    expect(body).toMatchObject({
      code: 'COMPONENT_IN_USE',
      message: expect.stringContaining('101 live keys use (100 of them in details)'),
    });
    expect(body.details.keys).toContainEqual(inUse);
    expect(await names()).toContain('minion');
    const forced = await reload({ force: true }).expect(200);
    expect(forced.body.affected_keys).toHaveLength(101);
    expect(forced.body.affected_keys).toContainEqual(inUse);
    expect(await names()).toEqual(['core', 'open']);
    await reload({ force: 'yes' }).expect(400);
  });

  it('is followed by every process', async () => {
    const other = await packyard.startAnother({
      ADMIN_LISTEN: '',
      METRICS_LISTEN: '',
      GATEWAY_LISTEN: '',
    });
    await writeFile(
      packyard.catalogueFile,
      CATALOGUE.replace('visibility: public', 'visibility: private'),
    );
    await reload({ force: true }).expect(200);
    const ask = () =>
      request(other.auth)
        .get('/auth')
        .set('X-Forwarded-Method', 'GET')
        .set('X-Forwarded-Uri', '/rpm/open/2025/x');
    await until(async () => (await ask()).status === 401);
  });
});
