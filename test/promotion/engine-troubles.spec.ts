import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { mustRun, run } from '../clients/support/run.js';
import { buildRpm } from '../clients/support/sample-packages.js';
import { type DatabaseProxy, proxyTo } from '../support/database-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { PromotionSite, RPM } from './support/promotion-site.js';
import { buildSampleRpm } from './support/sample-rpm.js';
import { startS3Server } from './support/s3-server.js';

async function folderFor(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `packyard-${name}`));
  await chmod(folder, 0o711); // the embedded PostgreSQL runs as another user, below such folders
  return folder;
}

const waitsForSigner = (packyard: PromotionSite, id: string) => async () =>
  (await packyard.get(id)).state === 'awaiting_signatures';

async function ended(packyard: PromotionSite, id: string) {
  await until(async () => !(await packyard.get(id)).state.match(/queued|running|awaiting/), 30_000);
  return packyard.get(id);
}

/** What is live holds exactly these, and a promotion that ended otherwise left nothing in the work folder. */
async function expectLive(packyard: PromotionSite, names: string[]): Promise<void> {
  const live = (await packyard.releases('format=rpm')).find((each) => each.live);
  expect((live?.packages ?? []).map(({ name }) => name).sort()).toEqual(names);
  const work = join(packyard.site.tree.folder, '.work');
  await until(async () => (await readdir(work)).length === 0);
}

/** Every file that waits in staging, and its state. */
async function stagedFiles(packyard: PromotionSite): Promise<[string, string][]> {
  const { body } = await packyard.call<{ file: string; state: string }[]>('GET', 'staging');
  return body.map(({ file, state }) => [file, state]);
}

describe('a promotion', () => {
  let packyard: PromotionSite;
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await proxyTo(database.url);
    packyard = await PromotionSite.start({ SIGNING_TIMEOUT: '5', DATABASE_URL: proxy.url });
    await packyard.stageRpm('first', '1');
    await packyard.mustPromote(RPM);
  }, 120_000);
  afterAll(async () => {
    await packyard?.stop();
    await proxy?.close();
    await database?.drop();
  });

  it('that no signer comes for fails, and the next in the queue has its turn', async () => {
    await packyard.stageRpm('unsigned', '1');
    const lost = await packyard.order(RPM);
    const next = await packyard.order(RPM);
    expect((await packyard.get(next)).state).toBe('queued');
    expect(await ended(packyard, lost)).toMatchObject({
      state: 'failed',
      error: { code: 'SIGNER_LOST' },
    });
    expect(await packyard.signer(RPM).see(next)).toMatchObject({ state: 'live' });
    await expectLive(packyard, ['first', 'unsigned']);
  });

  it('that is cancelled leaves what is live and what is staged as they were', async () => {
    await packyard.stageRpm('unwanted', '1');
    const id = await packyard.order(RPM);
    await until(waitsForSigner(packyard, id));
    expect((await packyard.call('POST', `promotions/${id}/cancel`)).status).toBe(202);
    expect(await ended(packyard, id)).toMatchObject({ state: 'cancelled' });
    await expectLive(packyard, ['first', 'unsigned']);
    expect(await readdir(join(packyard.stagingFolder, RPM))).toEqual([
      'unwanted-1-1.noarch.rpm',
      'unwanted-1-1.noarch.rpm.sha256',
    ]);
    await rm(join(packyard.stagingFolder, RPM), { recursive: true });
  });

  it('that is queued can be cancelled without waiting for its turn', async () => {
    await packyard.stageRpm('held', '1');
    const first = await packyard.order(RPM);
    await until(waitsForSigner(packyard, first));
    const queued = await packyard.order(RPM);
    const reason = 'built from the wrong branch';
    const { body } = await packyard.call('POST', `promotions/${queued}/cancel`, { reason });
    expect(body).toMatchObject({ state: 'cancelled', cancel_reason: reason });
    expect(await packyard.signer(RPM).see(first)).toMatchObject({ state: 'live' });
    const audit = await packyard.call<object[]>('GET', `audit?subject=promotion:${queued}`);
    expect(audit.body).toContainEqual(
      expect.objectContaining({
        action: 'promotion.cancelled',
        details: expect.objectContaining({ reason }) as object,
      }),
    );
    await expectLive(packyard, ['first', 'held', 'unsigned']);
  });

  it('is of what was staged when it began, and what comes later waits for the next', async () => {
    await packyard.stageRpm('early', '1');
    const late = await buildRpm(packyard.site.folder, { name: 'late', version: '1' });
    const id = await packyard.order(RPM);
    await until(waitsForSigner(packyard, id));
    await packyard.stage(RPM, late);
    expect(await packyard.signer(RPM).see(id)).toMatchObject({ state: 'live' });
    await expectLive(packyard, ['early', 'first', 'held', 'unsigned']);
    expect(await stagedFiles(packyard)).toEqual([['late-1-1.noarch.rpm', 'complete']]);

    await packyard.mustPromote(RPM);
    await expectLive(packyard, ['early', 'first', 'held', 'late', 'unsigned']);
    expect(await stagedFiles(packyard)).toEqual([]);
  });

  it('is of the bytes that were staged when it began, and others under the same name stay', async () => {
    await packyard.stageRpm('same', '1');
    const file = 'same-1-1.noarch.rpm';
    const other = await buildSampleRpm(packyard.site.folder, {
      ...{ name: 'same', version: '1', architecture: 'noarch', summary: 'Built anew' },
    });
    const id = await packyard.order(RPM);
    await until(waitsForSigner(packyard, id));
    await packyard.signer(RPM).signWhatWaits(id); // the package, which this signer reads from staging
    await packyard.stage(RPM, other);
    expect(await packyard.signer(RPM).see(id)).toMatchObject({ state: 'live' });
    await expectLive(packyard, ['early', 'first', 'held', 'late', 'same', 'unsigned']);
    expect((await packyard.get(id)).warnings).toEqual([
      `${file} was staged anew meanwhile, and waits for a promotion.`,
    ]);
    expect(await stagedFiles(packyard)).toEqual([[file, 'complete']]);
    const live = join(packyard.site.tree.folder, 'rpm/core/2025/el9-x86_64/Packages', file);
    expect(await mustRun('rpm', ['-qp', '--nosignature', '--qf', '%{summary}', live])).toBe(
      'A sample of one file',
    );

    const next = await packyard.promote(RPM);
    expect(next).toMatchObject({ state: 'failed', error: { code: 'PACKAGE_CONFLICT' } });
    await rm(join(packyard.stagingFolder, RPM), { recursive: true });
  });

  it('goes on when the database, which was away in the midst of it, is back', async () => {
    await packyard.stageRpm('patient', '1');
    const id = await packyard.order(RPM);
    await until(waitsForSigner(packyard, id));
    proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    proxy.restore();
    await until(() => waitsForSigner(packyard, id)().catch(() => false));
    expect(await packyard.signer(RPM).see(id)).toMatchObject({ state: 'live' });
    await expectLive(packyard, ['early', 'first', 'held', 'late', 'patient', 'same', 'unsigned']);
  });
});

describe('a staging server that is away', () => {
  it('fails the promotion that needs it, which says so, and is waited for by one that is live without it', async () => {
    const [accessKey, secretKey] = ['an-access-key', 'a-secret-key'];
    const home = await folderFor('staging-');
    const server = await startS3Server(home, { accessKey, secretKey });
    const proxy = await proxyTo(server.endpoint);
    const packyard = await PromotionSite.start({
      STAGING_URL: `s3://staging?endpoint=${encodeURIComponent(proxy.url.replace(/\/$/, ''))}`,
      STAGING_ACCESS_KEY: accessKey,
      STAGING_SECRET_KEY: secretKey,
    });
    const keysIn = async (folder: string) => {
      const listed = await server.client.listObjectsV2({ Bucket: 'staging', Prefix: `${folder}/` });
      return (listed.Contents ?? []).map(({ Key }) => Key!.slice(folder.length + 1));
    };
    /** In the bucket for the server, and in a folder for the signer. */
    const stage = async (name: string) => {
      const file = await buildRpm(packyard.site.folder, { name, version: '1' });
      const key = `${RPM}/${basename(file)}`;
      const sum = (await mustRun('sha256sum', [file])).slice(0, 64);
      const put = (Key: string, Body: Buffer | string) =>
        server.client.putObject({ Bucket: 'staging', Key, Body });
      await put(key, await readFile(file));
      await put(`${key}.sha256`, `${sum}  ${basename(file)}\n`);
      await mkdir(join(packyard.stagingFolder, RPM), { recursive: true });
      await rename(file, join(packyard.stagingFolder, key));
    };
    try {
      // The bucket is made by a Packyard that is ready already: it does not wait for its staging server.
      await until(() => server.client.headBucket({ Bucket: 'staging' }).then(Boolean, () => false));
      await stage('remote');
      proxy.cut();
      const failed = await ended(packyard, await packyard.order(RPM));
      expect(failed).toMatchObject({ state: 'failed', error: { code: 'STAGING_UNAVAILABLE' } });
      await expectLive(packyard, []);

      proxy.restore();
      const id = await packyard.order(RPM);
      await until(waitsForSigner(packyard, id), 30_000);
      proxy.cut(); // what is needed of it is here
      expect(await packyard.signer(RPM).see(id)).toMatchObject({ state: 'live' });
      expect(await keysIn(RPM)).toHaveLength(2);

      proxy.restore();
      await until(async () => (await keysIn(RPM)).length === 0, 30_000);
      expect(await keysIn(`promoted/${id}`)).toHaveLength(2);
      await expectLive(packyard, ['remote']);
    } finally {
      await packyard.stop();
      await proxy.close();
      await server.stop();
      await rm(home, { recursive: true, force: true });
    }
  }, 120_000);
});

/** The tree on a small filesystem of its own, which only root may mount. */
describe('a full disk', () => {
  it('fails the promotion, which says so; what is live stays, and it works once there is space', async () => {
    const home = await folderFor('full-');
    const mount = join(home, 'published');
    await mkdir(mount);
    // 64 MiB stay free whatever is promoted.
    await mustRun('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', mount]);
    const packyard = await PromotionSite.start({ PUBLISHED_DIR: mount });
    const liveNames = async () =>
      (await packyard.releases('format=rpm'))
        .filter(({ live }) => live)
        .flatMap(({ packages }) => packages.map(({ name }) => name));
    try {
      await packyard.stageRpm('first', '1');
      await packyard.mustPromote(RPM);
      const ballast = join(mount, 'ballast');
      await run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k']); // until there is no space left
      await packyard.stageRpm('second', '1');
      const failed = await packyard.promote(RPM);
      expect(failed).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } });
      expect(await liveNames()).toEqual(['first']);
      await rm(ballast);
      expect(await packyard.promote(RPM)).toMatchObject({ state: 'live' });
      expect(await liveNames()).toEqual(['first', 'second']);
    } finally {
      await packyard.stop();
      await mustRun('umount', [mount]);
      await rm(home, { recursive: true, force: true });
    }
  }, 120_000);
});
