import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { fetchVerified } from '../../src/staging/fetch-verified.js';
import { FolderObjectStore } from '../../src/staging/folder-object-store.js';
import { StagingStore } from '../../src/staging/staging-store.js';
import { buildTimeout, builtTool } from '../clients/support/built-tools.js';
import { mustRun } from '../clients/support/run.js';
import { sha256 } from '../contract/staging-store.contract.js';
import { startPackyard } from '../support/packyard-process.js';
import { until } from '../support/until.js';
import { freePort, startS3Server } from './support/s3-server.js';

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'packyard-staging-'));
  await builtTool('versitygw');
}, buildTimeout);
afterAll(() => rm(parent, { recursive: true }));

it('a staging server that starts after Packyard gets its bucket, and is listed; the secret is in no line', async () => {
  const port = await freePort();
  const accessKey = 'packyard';
  const secretKey = 'a-secret-of-this-test';
  const endpoint = `http://127.0.0.1:${port}`;
  const STAGING_URL = `s3://staging?endpoint=${endpoint}`;
  const packyard = await startPackyard({
    env: {
      PACKYARD_DATA_DIR: join(parent, 'data'),
      STAGING_URL,
      STAGING_ACCESS_KEY: accessKey,
      STAGING_SECRET_KEY: secretKey,
      AUTH_LISTEN: '127.0.0.1:0',
      ADMIN_LISTEN: '127.0.0.1:0',
      METRICS_LISTEN: '',
      GATEWAY_LISTEN: '',
    },
  });
  try {
    const { body } = await request(packyard.admin).get('/api/v1/staging').expect(503);
    expect(body).toMatchObject({
      code: 'STAGING_UNAVAILABLE',
      message: `The staging server ${endpoint} (STAGING_URL) does not answer: ECONNREFUSED. Check that it runs, and that the address is right.`,
    });

    const server = await startS3Server(parent, { port, accessKey, secretKey });
    try {
      await until(() => packyard.logs.some(({ msg }) => msg === 'staging is ready'), 30_000);
      const file = join(parent, 'a.rpm');
      await writeFile(file, 'an RPM');
      await mustRun('scripts/stage-artifact.sh', ['core', '2025', 'rpm', 'el9-x86_64', file], {
        env: { STAGING_URL, RUSTFS_ACCESS_KEY: accessKey, RUSTFS_SECRET_KEY: secretKey },
      });
      const listed = await request(packyard.admin).get('/api/v1/staging').expect(200);
      expect(listed.body).toMatchObject([
        { file: 'a.rpm', state: 'complete', sha256: sha256('an RPM') },
      ]);
    } finally {
      await server.stop();
    }
  } finally {
    expect(await packyard.stop()).toBe(0);
  }
  expect(JSON.stringify(packyard.logs)).not.toContain(secretKey);
});

it('a disk that fills up while a file is fetched is named, and nothing is left of it', async () => {
  const staging = join(parent, 'staging');
  const work = join(parent, 'work');
  const folder = join(staging, 'core/2025/rpm/el9-x86_64');
  await mkdir(folder, { recursive: true });
  await mkdir(work);
  await writeFile(join(folder, 'a.rpm'), 'an RPM');
  await symlink('/dev/full', join(work, 'a.rpm.part')); // of the kernel: each write ends with ENOSPC
  await expect(
    fetchVerified(
      new StagingStore(new FolderObjectStore(staging)),
      { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' },
      'a.rpm',
      { size: 6, sha256: sha256('an RPM') },
      join(work, 'a.rpm'),
    ),
  ).rejects.toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining(work) });
  expect(await readdir(work)).toEqual([]);
});
