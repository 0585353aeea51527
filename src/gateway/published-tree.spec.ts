import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { constants, type Stats } from 'node:fs';
import fs from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Audience } from './cache-control.js';
import { PublishedTree } from './published-tree.js';

const MiB = 1024 * 1024;
const LIVE = 'rpm/core/2025/el9-x86_64';

describe('PublishedTree', () => {
  let home: string;
  let root: string;
  let server: Server;
  let origin: string;
  /** What `serve` threw; the server answers 500 or cuts off, as the gateway does. */
  let failures: Error[];

  beforeEach(async () => {
    home = await fs.mkdtemp(join(tmpdir(), 'published-tree-'));
    root = join(home, 'published');
    await fs.mkdir(root);
    failures = [];
    const tree = new PublishedTree(root);
    server = createServer({ maxHeaderSize: MiB }, (request, response) => {
      const [audience, ...segments] = decodePath(request.url!);
      tree.serve(request, response, segments, audience as Audience).catch((error: Error) => {
        failures.push(error);
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await fs.rm(home, { recursive: true });
  });

  /** The segments travel as JSON, so that a test can ask for what no URL would bring. */
  const encodePath = (segments: readonly string[]) =>
    `/${encodeURIComponent(JSON.stringify(segments))}`;
  const decodePath = (url: string) => JSON.parse(decodeURIComponent(url.slice(1))) as string[];
  const urlOf = (segments: readonly string[], audience: Audience = 'private') =>
    origin + encodePath([audience, ...segments]);
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(urlOf(path.split('/')), { method, headers });

  async function put(path: string, content: string | Buffer, mtime?: number): Promise<void> {
    await fs.mkdir(dirname(join(root, path)), { recursive: true });
    await fs.writeFile(join(root, path), content);
    if (mtime !== undefined) await fs.utimes(join(root, path), mtime, mtime);
  }

  async function link(path: string, target: string): Promise<void> {
    await fs.mkdir(dirname(join(root, path)), { recursive: true });
    await fs.symlink(target, join(root, path));
  }

  /** As the promotion switches: a new link renamed over the old one. */
  async function switchTo(path: string, target: string): Promise<void> {
    await link(`${path}.new`, target);
    await fs.rename(join(root, `${path}.new`), join(root, path));
  }

  /** A sparse file: its last bytes are "the end". */
  async function putSparse(path: string, size: number): Promise<void> {
    await put(path, '');
    const file = await fs.open(join(root, path), constants.O_WRONLY);
    await file.write('the end', size - 7);
    await file.close();
  }

  /** How many files of the tree this process has open. */
  async function openFiles(): Promise<number> {
    const descriptors = await fs.readdir('/dev/fd');
    const inodes = await Promise.all(
      descriptors.map((fd) => fs.stat(`/dev/fd/${fd}`).catch(() => undefined)),
    );
    const mine = new Set<string>();
    for (const entry of await fs.readdir(root, { recursive: true })) {
      const { dev, ino } = await fs.lstat(join(root, entry));
      mine.add(`${dev}:${ino}`);
    }
    return inodes.filter((s): s is Stats => s !== undefined && mine.has(`${s.dev}:${s.ino}`))
      .length;
  }

  async function expectOpenFiles(count: number): Promise<void> {
    for (let tries = 0; tries < 100 && (await openFiles()) !== count; tries++) await sleep(20);
    expect(await openFiles()).toBe(count);
  }

  async function expectNotFound(answer: Response): Promise<void> {
    expect(answer.status).toBe(404);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await answer.text()).toBe('Not found.\n');
    expect(failures).toEqual([]);
  }

  describe('serves', () => {
    it('a file with what describes it', async () => {
      await put(`${LIVE}/repodata/repomd.xml`, '<repomd/>', 1_776_081_600);

      const answer = await ask(`${LIVE}/repodata/repomd.xml`);

      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe('<repomd/>');
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-length': '9',
        'content-type': 'application/xml',
        'cache-control': 'private, no-cache',
        'last-modified': 'Mon, 13 Apr 2026 12:00:00 GMT',
        'accept-ranges': 'bytes',
        etag: expect.stringMatching(/^"[\w-]{22}"$/),
      });
    });

    it('HEAD with the headers of GET and no body', async () => {
      await put('deb/core/Release', 'Origin: x');
      const [headed, got] = [
        await ask('deb/core/Release', {}, 'HEAD'),
        await ask('deb/core/Release'),
      ];
      const described = ({ headers }: Response) =>
        [...headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name));

      expect(headed.status).toBe(200);
      expect(await headed.text()).toBe('');
      expect(described(headed)).toEqual(described(got));
      await expectOpenFiles(0);
    });

    it('an empty file', async () => {
      await put('rpm/empty', '');
      const answer = await ask('rpm/empty');

      expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '0']);
      expect(await answer.text()).toBe('');
    });

    it('a compressed file as the bytes that it is', async () => {
      const gzip = Buffer.from('1f8b0800000000000003cb48cdc9c907008610363605000000', 'hex');
      await put('deb/core/Packages.gz', gzip);
      const answer = await ask('deb/core/Packages.gz', { 'accept-encoding': 'gzip' });

      expect(answer.headers.get('content-encoding')).toBeNull();
      expect(answer.headers.get('content-type')).toBe('application/gzip');
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(gzip);
    });

    it('a name with any character that packages use', async () => {
      const name = 'rpm/core_1.0~rc1+dfsg^git%2b (1):2 ü.rpm';
      await put(name, 'package');

      expect(await (await ask(name)).text()).toBe('package');
    });

    it('what is behind a key to that subscriber alone', async () => {
      await put('rpm/core/a.rpm', 'x');
      const cacheControl = async (audience: Audience) =>
        (await fetch(urlOf(['rpm', 'core', 'a.rpm'], audience))).headers.get('cache-control');

      expect(await cacheControl('private')).toBe('private, max-age=86400');
      expect(await cacheControl('public')).toBe('public, max-age=86400');
    });

    it('a part', async () => {
      await put('rpm/a.rpm', '0123456789');
      const answer = await ask('rpm/a.rpm', { range: 'bytes=2-4' });

      expect(answer.status).toBe(206);
      expect(answer.headers.get('content-range')).toBe('bytes 2-4/10');
      expect(answer.headers.get('content-length')).toBe('3');
      expect(await answer.text()).toBe('234');
    });

    it('416 for a part that is not there, and 412 for another file', async () => {
      await put('rpm/a.rpm', '0123456789');
      const unsatisfiable = await ask('rpm/a.rpm', { range: 'bytes=10-' });
      const failed = await ask('rpm/a.rpm', { 'if-match': '"other"' });

      expect(unsatisfiable.status).toBe(416);
      expect(unsatisfiable.headers.get('content-range')).toBe('bytes */10');
      expect(failed.status).toBe(412);
      for (const refused of [unsatisfiable, failed]) {
        expect(refused.headers.get('cache-control')).toBe('no-store');
        expect(await refused.text()).toMatch(/^The file .*\n$/);
      }
      await expectOpenFiles(0);
    });

    it('304 to who holds it, with the validators', async () => {
      await put('rpm/a.rpm', 'x');
      const { headers } = await ask('rpm/a.rpm');
      const known: Record<string, string>[] = [
        { 'if-none-match': headers.get('etag')! },
        { 'if-modified-since': headers.get('last-modified')! },
      ];
      for (const condition of known) {
        const answer = await ask('rpm/a.rpm', condition);

        expect(answer.status).toBe(304);
        expect(answer.headers.get('etag')).toBe(headers.get('etag'));
        expect(answer.headers.get('cache-control')).toBe('private, max-age=86400');
        expect(await answer.text()).toBe('');
      }
      await expectOpenFiles(0);
    });

    it('a file again that became older, as after a rollback', async () => {
      await put('rpm/repomd.xml', 'new', 1_776_081_600);
      const newer = (await ask('rpm/repomd.xml')).headers.get('last-modified')!;
      await put('rpm/repomd.xml', 'old', 1_776_000_000);

      expect((await ask('rpm/repomd.xml', { 'if-modified-since': newer })).status).toBe(200);
    });
  });

  describe('the ETag', () => {
    const etag = async (path: string) => (await ask(path)).headers.get('etag');

    it('differs where size and time do not', async () => {
      await put('.snap/1/Release', 'Date: Monday', 1_776_081_600);
      await put('.snap/2/Release', 'Date: Sunday', 1_776_081_600);
      await link('deb/core', '../.snap/1');
      const before = await etag('deb/core/Release');
      await switchTo('deb/core', '../.snap/2');

      expect(await etag('deb/core/Release')).not.toBe(before);
    });

    it('stays for a file that the next snapshot shares', async () => {
      await put('.snap/1/a.rpm', 'package');
      await link('rpm/core', '../.snap/1');
      const before = await etag('rpm/core/a.rpm');
      await fs.mkdir(join(root, '.snap/2'));
      await fs.link(join(root, '.snap/1/a.rpm'), join(root, '.snap/2/a.rpm'));
      await switchTo('rpm/core', '../.snap/2');

      expect(await etag('rpm/core/a.rpm')).toBe(before);
    });
  });

  describe('follows a link', () => {
    beforeEach(() => put('.snap/rpm/core-2025-el9-x86_64/7/repodata/repomd.xml', 'seven'));

    it.each([
      ['relative', () => '../../../.snap/rpm/core-2025-el9-x86_64/7'],
      ['absolute', () => join(root, '.snap/rpm/core-2025-el9-x86_64/7')],
    ])('that is %s and stays inside the tree', async (_kind, target) => {
      await link(LIVE, target());

      expect(await (await ask(`${LIVE}/repodata/repomd.xml`)).text()).toBe('seven');
    });

    it('where the root is one itself', async () => {
      await fs.rename(root, join(home, 'elsewhere'));
      await fs.symlink('elsewhere', root);
      await link(LIVE, '../../../.snap/rpm/core-2025-el9-x86_64/7');

      expect(await (await ask(`${LIVE}/repodata/repomd.xml`)).text()).toBe('seven');
    });

    it('and stays with the snapshot, should the link be switched before the file is opened', async () => {
      await put('.snap/rpm/core-2025-el9-x86_64/8/repodata/repomd.xml', 'number eight');
      await link(LIVE, '../../../.snap/rpm/core-2025-el9-x86_64/7');
      const { open } = fs;
      jest.spyOn(fs, 'open').mockImplementationOnce(async (...args) => {
        await switchTo(LIVE, '../../../.snap/rpm/core-2025-el9-x86_64/8');
        return open(...args);
      });

      expect(await (await ask(`${LIVE}/repodata/repomd.xml`)).text()).toBe('seven');
      expect(await (await ask(`${LIVE}/repodata/repomd.xml`)).text()).toBe('number eight');
    });

    it('and sends one file whole, should it be replaced while it is sent', async () => {
      await putSparse('rpm/big.rpm', 64 * MiB);
      const answer = await new Promise<IncomingMessage>((resolve) =>
        get(urlOf(['rpm', 'big.rpm']), resolve),
      );
      await fs.rm(join(root, 'rpm/big.rpm'));
      await put('rpm/big.rpm', 'another');
      const chunks = (await answer.toArray()) as Buffer[];

      expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(64 * MiB);
      expect(chunks.at(-1)!.subarray(-7).toString()).toBe('the end');
    });
  });

  describe('finds nothing', () => {
    const outside = () => join(home, 'outside');

    beforeEach(async () => {
      await put('rpm/core/a.rpm', 'x');
      await put('.snap/1/a.rpm', 'not live');
      await put('rpm/.work/a.rpm', 'not live');
      await put('rpm/.htpasswd', 'secret');
      await fs.mkdir(outside());
      await fs.writeFile(join(outside(), 'secret'), 'secret');
      await fs.mkdir(`${root}-old`);
      await fs.writeFile(`${root}-old/secret`, 'secret');
      await link('rpm/out', '../../outside');
      await link('rpm/secret', '../../outside/secret');
      await link('rpm/absolute', outside());
      await link('rpm/neighbour', '../../published-old');
      await link('rpm/by-way', 'out');
      await link('rpm/loop', 'loop');
      await link('rpm/dangling', '../.snap/2');
    });

    it.each([
      'rpm/core/b.rpm',
      'rpm/core',
      'rpm',
      'rpm/core/',
      'rpm/core/a.rpm/',
      'rpm/core/a.rpm/b',
      '.snap/1/a.rpm',
      'rpm/.work/a.rpm',
      'rpm/.htpasswd',
      '../outside/secret',
      'rpm/core/../../../outside/secret',
      'rpm//core/a.rpm',
      'rpm/./core/a.rpm',
      'rpm/out/secret',
      'rpm/secret',
      'rpm/absolute/secret',
      'rpm/neighbour/secret',
      'rpm/by-way/secret',
      'rpm/loop',
      'rpm/loop/a.rpm',
      'rpm/dangling',
      'rpm/dangling/a.rpm',
    ])('at %s', async (path) => {
      await expectNotFound(await ask(path));
      await expectOpenFiles(0);
    });

    it.each([
      ['no segments', []],
      ['an empty one', ['']],
      ['a slash', ['/']],
      ['a slash inside one', ['rpm/core/a.rpm']],
      ['a backslash', ['rpm', 'core\\a.rpm']],
      ['a NUL', ['rpm', 'core', 'a.rpm\0']],
      ['half a surrogate pair', ['rpm', 'core', '\ud800']],
      ['a name too long', ['rpm', 'a'.repeat(300)]],
      ['a path too long', Array.from({ length: 2000 }, () => 'ab')],
    ])('at %s', async (_what, segments) => {
      await expectNotFound(await fetch(urlOf(segments)));
    });

    it('in a FIFO or a socket, and does not wait for who writes to it', async () => {
      execFileSync('mkfifo', [join(root, 'rpm/fifo')]);
      const listener = createServer().listen(join(root, 'rpm/socket'));
      await new Promise((resolve) => listener.once('listening', resolve));

      // More than libuv has threads: one that blocked would stop every file of the process.
      for (const answer of await Promise.all(Array.from({ length: 8 }, () => ask('rpm/fifo')))) {
        await expectNotFound(answer);
      }
      await expectNotFound(await ask('rpm/socket'));
      await new Promise((resolve) => listener.close(resolve));
      await expectOpenFiles(0);
    });

    it('before anything was ever published', async () => {
      await fs.rename(root, `${root}-later`);

      await expectNotFound(await ask('rpm/core/a.rpm'));
      await fs.rename(`${root}-later`, root);
    });

    it('outside the tree, whatever the segments are', async () => {
      const real = 'rpm core a.rpm out secret absolute by-way neighbour ..'.split(' ');
      const odd = ['.', '', '/', '\\', '\0', '~', '%2e%2e', '..%2f', '..\\', '../', '...', '.snap'];
      const long = ['outside', 'published-old', '../../outside/secret', 'rpm/secret', outside()];
      const segment = fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(...real) },
        { weight: 2, arbitrary: fc.constantFrom(...odd, ...long) },
        {
          weight: 1,
          arbitrary: fc
            .tuple(fc.constantFrom(...odd), fc.constantFrom(...real))
            .map(([a, b]) => a + b),
        },
        { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
      );
      const underRpm = fc.array(segment, { maxLength: 3 }).map((rest) => ['rpm', ...rest]);
      const anywhere = fc.array(segment, { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(fc.oneof(underRpm, anywhere), async (segments) => {
          const answer = await fetch(urlOf(segments));
          const body = await answer.text();

          expect(body).not.toContain('secret');
          expect(body).not.toContain('not live');
          if (answer.status === 200) expect(segments).toEqual(['rpm', 'core', 'a.rpm']);
          else expect(answer.status).toBe(404);
        }),
        { numRuns: 1000, examples: [[['rpm', 'core', 'a.rpm']]] },
      );
      expect(failures).toEqual([]);
    });
  });

  describe('of a large file', () => {
    const SIZE = 1024 * MiB;

    beforeEach(() => putSparse('rpm/big.rpm', SIZE));

    it('sends the end alone to who asks for the end', async () => {
      const before = process.memoryUsage().rss;
      const answer = await ask('rpm/big.rpm', { range: 'bytes=-7' });

      expect(answer.headers.get('content-range')).toBe(`bytes ${SIZE - 7}-${SIZE - 1}/${SIZE}`);
      expect(await answer.text()).toBe('the end');
      expect(process.memoryUsage().rss - before).toBeLessThan(64 * MiB);
      await expectOpenFiles(0);
    });

    it('keeps no more in memory than the client takes', async () => {
      const before = process.memoryUsage().rss;
      const answer = await new Promise<IncomingMessage>((resolve) =>
        get(urlOf(['rpm', 'big.rpm']), resolve),
      );
      await sleep(500);

      expect(process.memoryUsage().rss - before).toBeLessThan(64 * MiB);
      await expectOpenFiles(1);
      answer.destroy();
      await expectOpenFiles(0);
      expect(failures).toEqual([]);
    });

    it('closes the files of all requests of a client that pipelines, as apt does, and leaves', async () => {
      const { port } = server.address() as AddressInfo;
      const client = connect(port, '127.0.0.1');
      const request = `GET ${encodePath(['private', 'rpm', 'big.rpm'])} HTTP/1.1\r\nHost: x\r\n\r\n`;
      client.write(request.repeat(12));
      await new Promise((resolve) => client.once('data', resolve));
      client.pause();
      await expectOpenFiles(12);
      client.destroy();

      await expectOpenFiles(0);
      expect(failures).toEqual([]);
    });

    it('cuts the answer off when the file becomes shorter meanwhile, and says so', async () => {
      const answer = await new Promise<IncomingMessage>((resolve) =>
        get(urlOf(['rpm', 'big.rpm']), resolve),
      );
      await fs.truncate(join(root, 'rpm/big.rpm'), MiB);

      await expect(answer.toArray()).rejects.toThrow('aborted');
      expect(failures).toEqual([
        expect.objectContaining({ message: expect.stringMatching(/shorter/) }),
      ]);
      await expectOpenFiles(0);
    });
  });

  it('leaves a file that cannot be read to the caller, with nothing sent', async () => {
    await put('rpm/a.rpm', 'x');
    const denied = Object.assign(new Error('permission denied'), { code: 'EACCES' });
    jest.spyOn(fs, 'open').mockRejectedValueOnce(denied);

    expect((await ask('rpm/a.rpm')).status).toBe(500);
    expect(failures).toEqual([denied]);
  });
});
