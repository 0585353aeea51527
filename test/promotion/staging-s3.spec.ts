import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Staging } from '../../src/config/settings.js';
import { fetchVerified } from '../../src/staging/fetch-verified.js';
import { S3_TIME_LIMITS, S3ObjectStore } from '../../src/staging/s3-object-store.js';
import { type StagedFile, StagingStore } from '../../src/staging/staging-store.js';
import { buildTimeout } from '../clients/support/built-tools.js';
import { keepsStagedFiles, sha256, type StagingArea } from '../contract/staging-store.contract.js';
import { freePort, type RunningS3Server, startS3Server } from './support/s3-server.js';

const EL9 = { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' } as const;
const FOLDER = 'core/2025/rpm/el9-x86_64';

let parent: string;
let server: RunningS3Server;
let buckets = 0;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'packyard-s3-'));
  server = await startS3Server(parent);
}, buildTimeout);
afterAll(async () => {
  await server.stop();
  await rm(parent, { recursive: true });
});

async function freshArea(): Promise<StagingArea & { staging: S3Staging }> {
  const { client } = server;
  const staging = server.staging(`staging-${buckets++}`);
  const objects = new S3ObjectStore(staging);
  await objects.prepare();
  const Bucket = staging.bucket;
  return {
    staging,
    objects,
    async put(Key, Body) {
      await client.putObject({ Bucket, Key, Body, ContentLength: Buffer.byteLength(Body) });
    },
    async remove(Key) {
      await client.deleteObject({ Bucket, Key });
    },
    async all() {
      const { Contents = [] } = await client.listObjectsV2({ Bucket });
      const files = Contents.map(async ({ Key }) => {
        const { Body } = await client.getObject({ Bucket, Key });
        return [Key!, await Body!.transformToString()] as const;
      });
      return new Map(await Promise.all(files));
    },
  };
}

describe('staging on a real S3 server', () => {
  keepsStagedFiles(freshArea);

  it('lists over several pages, with what was promoted in between', async () => {
    const area = await freshArea();
    const put = async (paths: string[]) => {
      for (let i = 0; i < paths.length; i += 100) {
        await Promise.all(paths.slice(i, i + 100).map((path) => area.put(path, 'x')));
      }
    };
    const many = (prefix: string, n: number) =>
      Array.from({ length: n }, (_, i) => `${prefix}${String(i).padStart(5, '0')}.rpm`);
    const before = many(`${FOLDER}/a`, 2_100);
    const behind = many('zoo/2025/rpm/el9-x86_64/z', 1_000); // a page exactly
    await put([...before, ...many(`promoted/p1/${FOLDER}/a`, 1_100), ...behind]);

    const listed: string[] = [];
    for await (const { path } of new StagingStore(area.objects).list()) listed.push(path);
    expect(listed).toEqual([...before, ...behind]);
  });

  it('copies and hashes a file that is larger than a few buffers', async () => {
    const area = await freshArea();
    const content = 'packages '.repeat(3_000_000);
    await area.put(`${FOLDER}/a.rpm`, content);
    const folder = await mkdtemp(join(parent, 'fetch-'));
    const file = join(folder, 'a.rpm');
    const expected = { size: content.length, sha256: sha256(content) };
    const store = new StagingStore(area.objects);
    await fetchVerified(store, EL9, 'a.rpm', expected, file);
    expect(sha256(await readFile(file, 'utf8'))).toBe(expected.sha256);
    const files = [{ name: 'a.rpm', sha256: expected.sha256 }];
    expect(await store.moveToPromoted(EL9, files, 'p1')).toMatchObject({ moved: ['a.rpm'] });
  });
});

describe('a staging server that does not let us in', () => {
  const failureOf = async (staging: S3Staging) => {
    const objects = new S3ObjectStore(staging, { ...S3_TIME_LIMITS, connect: 500, answer: 500 });
    try {
      await objects.check();
    } catch (error) {
      return error as Error & { code: string };
    }
    throw new Error('it was let in');
  };

  it.each([
    ['access key', { accessKey: 'somebody-else' }],
    ['secret key', { secretKey: 'not-the-secret' }],
  ])(
    'for a wrong %s says which settings to look at, and repeats none of them',
    async (_, wrong) => {
      const { staging } = await freshArea();
      const failure = await failureOf({ ...staging, ...wrong });
      expect(failure).toMatchObject({
        code: 'STAGING_UNAVAILABLE',
        message: expect.stringContaining('STAGING_ACCESS_KEY and STAGING_SECRET_KEY'),
      });
      for (const secret of [server.secretKey, 'not-the-secret', 'somebody-else']) {
        expect(JSON.stringify(failure) + failure.message).not.toContain(secret);
      }
    },
  );

  it('because the bucket is not there says so', async () => {
    expect(await failureOf(server.staging('never-made'))).toMatchObject({
      code: 'STAGING_UNAVAILABLE',
      message: expect.stringMatching(/no bucket "never-made" \(STAGING_URL\)/),
    });
  });

  it('because it is down says where it was looked for', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    expect(await failureOf({ ...server.staging('staging'), endpoint })).toMatchObject({
      code: 'STAGING_UNAVAILABLE',
      message: expect.stringMatching(
        /127\.0\.0\.1:\d+ \(STAGING_URL\) does not answer: .*ECONNREFUSED/,
      ),
    });
  });

  it('because nobody is there by that name says so', async () => {
    const endpoint = 'http://packyard.invalid:9000';
    expect(await failureOf({ ...server.staging('staging'), endpoint })).toMatchObject({
      code: 'STAGING_UNAVAILABLE',
      message: expect.stringContaining('STAGING_URL'),
    });
  });
});

describe('a staging server that misbehaves', () => {
  const limits = { ...S3_TIME_LIMITS, connect: 500, answer: 500, silence: 500 };
  let running: Server;
  afterEach(() => {
    running.closeAllConnections();
    running.close();
  });

  async function misbehaving(listener: RequestListener): Promise<StagingStore> {
    running = createServer(listener).listen(0, '127.0.0.1');
    await once(running, 'listening');
    const endpoint = `http://127.0.0.1:${(running.address() as AddressInfo).port}`;
    return new StagingStore(new S3ObjectStore({ ...server.staging('staging'), endpoint }, limits));
  }
  const pageOf = (keys: string[], extra = '') =>
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>${extra}${keys
      .map(
        (key) =>
          `<Contents><Key>${key}</Key><Size>1</Size><ETag>"x"</ETag><LastModified>2026-11-24T00:00:00.000Z</LastModified></Contents>`,
      )
      .join('')}</ListBucketResult>`;
  const pathsOf = async (store: StagingStore) => {
    const files: StagedFile[] = [];
    for await (const file of store.list()) files.push(file);
    return files.map(({ path }) => path);
  };

  it('and ends a list too early is asked for the rest', async () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => `${FOLDER}/${name}.rpm`);
    const store = await misbehaving((request, response) => {
      const after = new URL(request.url!, 'http://x').searchParams.get('start-after') ?? '';
      const rest = all.filter((path) => path > after).slice(0, 2);
      response.end(pageOf(rest, '<IsTruncated>false</IsTruncated>'));
    });
    expect(await pathsOf(store)).toEqual(all);
  });

  it('and lists the same again and again is not followed for ever', async () => {
    const store = await misbehaving((_, response) => {
      response.end(pageOf([`${FOLDER}/a.rpm`], '<IsTruncated>true</IsTruncated>'));
    });
    await expect(pathsOf(store)).rejects.toMatchObject({
      code: 'STAGING_UNAVAILABLE',
      message: expect.stringContaining('does not list in order'),
    });
  });

  it('and never answers is given up', async () => {
    const store = await misbehaving(() => undefined);
    await expect(store.check()).rejects.toMatchObject({
      code: 'STAGING_UNAVAILABLE',
      message: expect.stringMatching(/does not answer: .*(ETIMEDOUT|500 ms)/),
    });
  });

  const content = 'x'.repeat(100_000);
  const expected = { size: content.length, sha256: sha256(content) };
  const fetch = async (store: StagingStore, options = {}) => {
    const folder = await mkdtemp(join(parent, 'fetch-'));
    const file = join(folder, 'a.rpm');
    const fetching = fetchVerified(store, EL9, 'a.rpm', expected, file, {
      pauses: [10, 10],
      ...options,
    });
    return { fetching, folder, file };
  };

  it('and falls silent in the middle is given up, and asked again', async () => {
    let asked = 0;
    const store = await misbehaving((_, response) => {
      response.setHeader('Content-Length', content.length);
      response.write(content.slice(0, 60_000));
      if (++asked > 2) response.end(content.slice(60_000));
    });
    const { fetching, folder, file } = await fetch(store);
    await fetching;
    expect(asked).toBe(3);
    expect(await readFile(file, 'utf8')).toBe(content);
    expect(await readdir(folder)).toEqual(['a.rpm']);
  });

  it('and breaks the connection each time is given up in the end, with nothing left behind', async () => {
    const store = await misbehaving((_, response) => {
      response.setHeader('Content-Length', content.length);
      response.write(content.slice(0, 60_000), () => response.destroy());
    });
    const { fetching, folder } = await fetch(store);
    await expect(fetching).rejects.toMatchObject({ code: 'STAGING_UNAVAILABLE' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('is left at once when the promotion is cancelled', async () => {
    const store = await misbehaving((_, response) => {
      response.setHeader('Content-Length', content.length);
      response.write(content.slice(0, 60_000));
    });
    const cancelled = new Error('cancelled by the operator');
    const controller = new AbortController();
    const { fetching, folder } = await fetch(store, { signal: controller.signal });
    setTimeout(() => controller.abort(cancelled), 100);
    await expect(fetching).rejects.toBe(cancelled);
    expect(await readdir(folder)).toEqual([]);
  });
});
