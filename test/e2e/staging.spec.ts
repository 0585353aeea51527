import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { adminApi } from '../support/admin-api.js';
import request from 'supertest';
import { install, type Installation } from '../support/installation.js';
import { until } from '../support/until.js';

let packyard: Installation;
let folder: string;
beforeAll(async () => {
  packyard = await install();
  folder = join(packyard.folder, 'staging');
  await until(() => packyard.logs.some(({ msg }) => msg === 'staging is ready'));
});
afterAll(() => packyard.remove());

const FOLDER = 'core/2025/rpm/el9-x86_64';
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}
async function stage(path: string): Promise<void> {
  await put(path, path);
  await put(`${path}.sha256`, sha256(path));
}
const staging = (query = '') => adminApi(packyard.admin).get(`/api/v1/staging?${query}`);

describe('GET /staging', () => {
  beforeEach(async () => {
    await rm(folder, { recursive: true });
    await mkdir(folder);
  });

  it('is empty where nothing waits', async () => {
    expect((await staging().expect(200)).body).toEqual([]);
  });

  it('shows what is complete, and what is not with the reason', async () => {
    await stage(`${FOLDER}/a.rpm`);
    await put(`${FOLDER}/b.rpm`, 'b');
    await stage('core/2026/rpm/el9-x86_64/c.rpm');
    await put('lost.rpm', '');
    const { body } = await staging().expect(200);
    expect(body).toEqual([
      {
        component: 'core',
        series: '2025',
        format: 'rpm',
        target: 'el9-x86_64',
        file: 'a.rpm',
        path: `${FOLDER}/a.rpm`,
        size: `${FOLDER}/a.rpm`.length,
        sha256: sha256(`${FOLDER}/a.rpm`),
        staged_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        state: 'complete',
        problem: null,
      },
      expect.objectContaining({
        file: 'b.rpm',
        state: 'incomplete',
        sha256: null,
        problem: expect.stringContaining('.sha256'),
      }),
      expect.objectContaining({
        series: '2026',
        state: 'refused',
        sha256: null,
        problem: expect.stringContaining('it has: 2024, 2025'),
      }),
      expect.objectContaining({
        component: null,
        target: null,
        file: 'lost.rpm',
        state: 'refused',
      }),
    ]);
  });

  it('goes from page to page by its Link, with the question that was asked', async () => {
    for (let i = 0; i < 7; i++) await stage(`${FOLDER}/${i}.rpm`);
    await stage('core/2025/deb/bookworm-amd64/a.deb');
    const seen: string[] = [];
    for (
      let next: string | undefined = '/api/v1/staging?component=core&format=rpm&limit=3';
      next;
    ) {
      const answer: request.Response = await adminApi(packyard.admin).get(next).expect(200);
      seen.push(...answer.body.map(({ file }: { file: string }) => file));
      next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1];
    }
    expect(seen).toEqual(['0.rpm', '1.rpm', '2.rpm', '3.rpm', '4.rpm', '5.rpm', '6.rpm']);
  });

  it.each(['format=apk', 'limit=0', 'limit=501', 'cursor=%25', 'colour=red'])(
    'refuses %s',
    async (query) => {
      expect((await staging(query).expect(400)).body.code).toBe('INVALID_REQUEST');
    },
  );

  it('says that the folder is gone, and where it was', async () => {
    await rm(folder, { recursive: true });
    const { body } = await staging().expect(503);
    expect(body).toMatchObject({
      code: 'STAGING_UNAVAILABLE',
      message: expect.stringContaining(`${folder} (STAGING_URL)`),
    });
    await mkdir(folder);
  });

  it('is not there on another listener', async () => {
    await request(packyard.auth).get('/api/v1/staging').expect(404);
    await request(packyard.metrics).get('/api/v1/staging').expect(404);
  });
});
