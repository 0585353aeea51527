import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderObjectStore } from '../../src/staging/folder-object-store.js';
import { S3ObjectStore } from '../../src/staging/s3-object-store.js';
import { destinationProblem, fileNameProblem } from '../../src/staging/staging-path.js';
import { type StagedFile, StagingStore } from '../../src/staging/staging-store.js';
import { buildTimeout } from '../clients/support/built-tools.js';
import { expectFailure, mustRun, run } from '../clients/support/run.js';
import { sha256 } from '../contract/staging-store.contract.js';
import { until } from '../support/until.js';
import { freePort, type RunningS3Server, startS3Server } from './support/s3-server.js';

const SCRIPT = 'scripts/stage-artifact.sh';
const EL9 = ['core', '2025', 'rpm', 'el9-x86_64'];
const FOLDER = EL9.join('/');

let parent: string;
let server: RunningS3Server;
let toS3: Record<string, string>;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'packyard-stage-'));
  server = await startS3Server(parent);
  await new StagingStore(new S3ObjectStore(server.staging('staging'))).prepare();
  toS3 = {
    STAGING_URL: `s3://staging?endpoint=${server.endpoint}`,
    RUSTFS_ACCESS_KEY: server.accessKey,
    RUSTFS_SECRET_KEY: server.secretKey,
  };
}, buildTimeout);
afterAll(async () => {
  await server.stop();
  await rm(parent, { recursive: true });
});

async function aFile(name: string, content = `content of ${name}`): Promise<string> {
  const folder = await mkdtemp(join(parent, 'dist-'));
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

async function listed(store: StagingStore): Promise<StagedFile[]> {
  const files: StagedFile[] = [];
  for await (const file of store.list()) files.push(file);
  return files;
}

const NAMES = [
  'acme-1.0~rc1+git^2-1.el9.x86_64.rpm',
  'acme_1%3a2.0-1_amd64.deb',
  'acme 1:2.0 (beta).rpm',
  'größe-日本-😀.rpm',
  `quotes'"&<>#?=,;@$[]{}!*.rpm`,
  '-rf.rpm',
  `${'n'.repeat(244)}.rpm`,
];

describe.each(['S3', 'a folder'])('staging to %s', (kind) => {
  let env: Record<string, string>;
  let store: StagingStore;
  beforeAll(async () => {
    const folder = await mkdtemp(join(parent, 'staging-'));
    env = kind === 'S3' ? toS3 : { STAGING_URL: folder };
    store = new StagingStore(
      kind === 'S3' ? new S3ObjectStore(server.staging('staging')) : new FolderObjectStore(folder),
    );
  });

  it('leaves files that the server takes as complete, whatever their names', async () => {
    for (const name of NAMES) {
      const said = await mustRun(SCRIPT, [...EL9, await aFile(name)], { env });
      expect(said).toContain(`staged ${FOLDER}/${name} (`);
      expect(said).toContain(sha256(`content of ${name}`));
    }
    const files = await listed(store);
    expect(Object.fromEntries(files.map((file) => [file.path, file]))).toMatchObject(
      Object.fromEntries(
        NAMES.map((name) => [
          `${FOLDER}/${name}`,
          { state: 'complete', sha256: sha256(`content of ${name}`) },
        ]),
      ),
    );
  });

  it('again replaces the file and its checksum', async () => {
    await mustRun(SCRIPT, [...EL9, await aFile('again.rpm', 'first')], { env });
    await mustRun(SCRIPT, [...EL9, await aFile('again.rpm', 'second')], { env });
    const files = (await listed(store)).filter(({ path }) => path.endsWith('/again.rpm'));
    expect(files).toMatchObject([{ state: 'complete', sha256: sha256('second') }]);
  });

  it('takes a file by a link and an empty one', async () => {
    const link = join(parent, `link-${kind === 'S3' ? 's' : 'f'}.rpm`);
    await symlink(await aFile('target', ''), link);
    await mustRun(SCRIPT, [...EL9, link], { env });
    expect(await listed(store)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: link.slice(parent.length + 1),
          size: 0,
          state: 'complete',
        }),
      ]),
    );
  });
});

describe('what the server would refuse', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(parent, 'refused-'));
  });

  it.each([
    '.hidden.rpm',
    'back\\slash.rpm',
    'a.rpm.sha256',
    'n'.repeat(249),
    'bell\u0007.rpm',
    'line\nbreak.rpm',
    'delete\u007f.rpm',
    'c1\u0085.rpm',
    'separator\u2028.rpm',
    'replacement\uFFFD.rpm',
  ])('the name %j is not uploaded', async (name) => {
    expect(fileNameProblem(name)).toBeDefined();
    const ran = await run(SCRIPT, [...EL9, await aFile(name)], { env: { STAGING_URL: folder } });
    expectFailure(ran, 'stage-artifact: ');
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['Core', '2025', 'rpm', 'el9-x86_64'],
    ['promoted', '2025', 'rpm', 'el9-x86_64'],
    ['', '2025', 'rpm', 'el9-x86_64'],
    ['core\nx', '2025', 'rpm', 'el9-x86_64'],
    ['core', '..', 'rpm', 'el9-x86_64'],
    ['core', '2025/x', 'rpm', 'el9-x86_64'],
    ['core', '2025', 'apk', 'el9-x86_64'],
    ['core', '2025', 'rpm', '../x'],
    ['core', '2025', 'rpm', 'el9 x86_64'],
    ['core', '2025', 'rpm', 't'.repeat(129)],
  ])(
    'the destination %j %j %j %j is not uploaded to',
    async (component, series, format, target) => {
      expect(destinationProblem({ component, series, format, target })).toBeDefined();
      const args = [component, series, format, target, await aFile('a.rpm')];
      expectFailure(await run(SCRIPT, args, { env: { STAGING_URL: folder } }), 'stage-artifact: ');
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('is no file, or not all that is needed', async () => {
    const env = { STAGING_URL: folder };
    expectFailure(await run(SCRIPT, EL9, { env }), 'usage: ');
    expectFailure(await run(SCRIPT, [...EL9, join(folder, 'none.rpm')], { env }), 'is not a file');
    expectFailure(await run(SCRIPT, [...EL9, folder], { env }), 'is not a file');
  });
});

describe('a place that cannot be had', () => {
  const stage = async (env: Record<string, string>) =>
    run(SCRIPT, [...EL9, await aFile('a.rpm')], { env });

  it.each([
    ['', 'STAGING_URL: write a folder'],
    ['https://staging.example.org/', 'STAGING_URL: write a folder'],
    ['s3://staging', 'STAGING_URL: write a folder'],
    ['s3://staging?endpoint=http://user:hunter2@host', 'STAGING_URL: the endpoint'],
    ['s3://staging?endpoint=http://host/path', 'STAGING_URL: the endpoint'],
    ['s3://Bad_Bucket?endpoint=http://host', 'is not a bucket'],
    ['/there/is/no/such/folder', 'is not a folder'],
  ])('as STAGING_URL "%s" is named', async (STAGING_URL, words) => {
    const ran = await stage({ ...toS3, STAGING_URL });
    expectFailure(ran, words);
    expect(ran.output).not.toContain('hunter2');
  });

  it('for want of credentials says which', async () => {
    expectFailure(await stage({ STAGING_URL: toS3.STAGING_URL! }), 'RUSTFS_SECRET_KEY');
  });

  it.each([
    ['RUSTFS_ACCESS_KEY', 'refuses the credentials'],
    ['RUSTFS_SECRET_KEY', 'refuses the credentials (SignatureDoesNotMatch)'],
  ])('for a wrong %s says so, without it', async (name, words) => {
    const ran = await stage({ ...toS3, [name]: 'not-the-right-one' });
    expectFailure(ran, words);
    expect(ran.output).not.toContain('not-the-right-one');
    expect(ran.output).not.toContain(server.secretKey);
  });

  it('for want of the bucket says so', async () => {
    const STAGING_URL = `s3://never-made?endpoint=${server.endpoint}`;
    expectFailure(await stage({ ...toS3, STAGING_URL }), 'has no bucket "never-made"');
  });

  it('because nobody answers says so in the end', async () => {
    const STAGING_URL = `s3://staging?endpoint=http://127.0.0.1:${await freePort()}`;
    expectFailure(await stage({ ...toS3, STAGING_URL }), 'cannot be reached');
  });
});

describe('an upload', () => {
  it('puts the checksum last, takes an older one away first, and shows the secret to no other process', async () => {
    const requests: string[] = [];
    const commandLines: string[] = [];
    const signed: unknown[] = [];
    const listener = createServer((request, response) => {
      const at = decodeURIComponent(request.url!.split('/').at(-1)!);
      requests.push(`${request.method} ${at}`);
      signed.push(request.headers.authorization);
      void readCommandLines().then((lines) => {
        commandLines.push(...lines);
        request.resume().on('end', () => response.writeHead(200).end());
      });
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    try {
      const endpoint = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
      await mustRun(SCRIPT, [...EL9, await aFile('a.rpm')], {
        env: {
          STAGING_URL: `s3://staging?endpoint=${endpoint}`,
          STAGING_ACCESS_KEY: server.accessKey,
          STAGING_SECRET_KEY: server.secretKey,
        },
      });
    } finally {
      listener.close();
    }
    expect(requests).toEqual(['DELETE a.rpm.sha256', 'PUT a.rpm', 'PUT a.rpm.sha256']);
    for (const each of signed) expect(each).toContain(`Credential=${server.accessKey}/`);
    expect(commandLines.filter((line) => line.includes('curl'))).not.toEqual([]);
    for (const secret of [server.secretKey, server.accessKey]) {
      expect(commandLines.filter((line) => line.includes(secret))).toEqual([]);
    }
  });

  it('that is killed leaves no file that looks whole, and nothing of its own', async () => {
    const temporary = await mkdtemp(join(parent, 'tmp-'));
    const requests: string[] = [];
    const listener = createServer((request, response) => {
      requests.push(request.method!);
      if (request.method === 'DELETE') response.writeHead(204).end();
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const endpoint = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    const child = spawn(SCRIPT, [...EL9, await aFile('a.rpm')], {
      env: {
        ...toS3,
        PATH: process.env.PATH,
        TMPDIR: temporary,
        STAGING_URL: `s3://staging?endpoint=${endpoint}`,
      },
      stdio: 'ignore',
      detached: true,
    });
    const ended = once(child, 'exit');
    await until(() => requests.includes('PUT'));
    process.kill(-child.pid!, 'SIGTERM'); // the group, as a runner that cancels a job does
    await ended;
    listener.closeAllConnections();
    listener.close();
    expect(child.exitCode).not.toBe(0);
    expect(requests).toEqual(['DELETE', 'PUT']); // and not that of the checksum
    expect(await readdir(temporary)).toEqual([]);
  });
});

/** Of every process there is, as `ps` shows them. */
async function readCommandLines(): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  return (await Promise.all(lines)).map((line) => line.replaceAll('\0', ' '));
}
