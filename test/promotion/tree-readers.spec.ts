import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PublishedTree } from '../../src/gateway/published-tree.js';
import { SnapshotTree } from '../../src/promotion/tree/snapshot-tree.js';
import {
  heldToScope,
  notHeldToScope,
  type RunningNginx,
  startNginx,
} from '../clients/support/nginx.js';
import { rawGet } from '../clients/support/raw-request.js';
import { buildTree, EL9, releaseDocument, releaseId } from '../support/releases.js';

const switches = 120;
const LIVE = '/rpm/core/2025/el9-x86_64';
/** So many releases keep what has left: many more than pass between two requests of one reader. */
const carriedOver = 30;
const apart = (14 * 86_400_000) / carriedOver; // milliseconds
const start = Date.now();

describe('readers of the published tree', () => {
  let folder: string;
  let tree: SnapshotTree;
  let time = start;
  let current = 0;
  let nginx: RunningNginx;
  let open: RunningNginx;
  let gateway: Server;
  let gatewayUrl: string;
  const failures: unknown[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packyard-promotion-'));
    const root = join(folder, 'published');
    tree = new SnapshotTree(root, { now: () => new Date(time), milliseconds: () => time });
    await promote();
    nginx = await startNginx(folder, root, heldToScope);
    open = await startNginx(folder, root, notHeldToScope);
    const published = new PublishedTree(root);
    gateway = createServer((request, response) => {
      const segments = request.url!.slice(1).split('/');
      published.serve(request, response, segments, 'private').catch((error: unknown) => {
        failures.push(error);
        response.destroy();
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => gateway.once('listening', resolve));
    gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await nginx?.stop();
    await open?.stop();
    gateway?.closeAllConnections();
    await new Promise((resolve) => gateway?.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  const filesOf = (n: number) => ({
    'repodata/repomd.xml': `${n}`,
    [`repodata/${n}-primary.xml`]: `primary ${n}`,
    [`Packages/acme-${n}.rpm`]: `acme ${n}`,
  });

  async function promote(): Promise<void> {
    const n = current + 1;
    time = start + n * apart;
    const id = releaseId(n);
    const base = current > 0 ? releaseId(current) : undefined;
    const carryFrom =
      base === undefined ? undefined : { releaseId: base, named: Object.keys(filesOf(current)) };
    await buildTree(tree.newTree(id), filesOf(n));
    await tree.seal(id, releaseDocument(id, base), { carryFrom });
    await tree.switch(EL9, id, base);
    await tree.removeWork(id);
    current = n;
  }

  /** Reads as a package manager does, until it is told to stop. @returns how often it read everything */
  async function keepReading(url: string, until: () => boolean): Promise<number> {
    const get = async (path: string) => {
      const response = await fetch(`${url}${LIVE}/${path}`, {
        headers: { 'X-Packyard-Scope': '/rpm/core/' },
      });
      return `${response.status} ${await response.text()}`;
    };
    let rounds = 0;
    let newest = 0;
    for (; !until(); rounds++) {
      const [status, n] = (await get('repodata/repomd.xml')).split(' ') as [string, string];
      expect([status, Number(n) >= newest]).toEqual(['200', true]);
      newest = Number(n);
      expect(await get(`repodata/${n}-primary.xml`)).toBe(`200 primary ${n}`);
      expect(await get(`Packages/acme-${n}.rpm`)).toBe(`200 acme ${n}`);
    }
    return rounds;
  }

  it(`never miss a file over ${switches} switches and the prunes between them`, async () => {
    let done = false;
    const reading = Promise.all(
      [nginx.baseUrl, nginx.baseUrl, gatewayUrl, gatewayUrl].map((url) =>
        keepReading(url, () => done),
      ),
    );
    const stopped = reading.then(
      () => done,
      () => false,
    );
    let pruned = 0;
    for (let i = 0; i < switches; i++) {
      await promote();
      if (i % 20 !== 0) continue;
      const rules = { keepReleases: 1, graceDays: 14 };
      const none = () => false;
      pruned += (await tree.prune({ ...rules, isNeeded: none, isUnderWay: none })).releases.length;
    }
    done = true;
    const rounds = await reading;

    expect(await stopped).toBe(true);
    for (const count of rounds) expect(count).toBeGreaterThan(20);
    expect(pruned).toBeGreaterThan(50);
    expect(failures).toEqual([]);
  }, 600_000);

  it('see nothing of what is not live', async () => {
    await buildTree(tree.newTree('under-way'), { 'secret.rpm': 'secret' });
    const id = releaseId(current);
    const snapshot = `/.snap${LIVE}/${id}`;
    const hidden = [
      '/.work/under-way/snapshot/tree/secret.rpm',
      `${snapshot}/release.json`,
      `${snapshot}/tree/repodata/repomd.xml`,
      `${LIVE}/release.json`,
      `${LIVE}/../release.json`,
      `${LIVE}/../el9-x86_64/../release.json`,
      `${LIVE}/../../../../.snap${LIVE}/${id}/release.json`,
      `${LIVE}/..%2frelease.json`,
      `${LIVE}/`,
    ];
    const scope = { 'X-Packyard-Scope': '/rpm/core/' };
    for (const path of hidden) {
      for (const url of [nginx.baseUrl, gatewayUrl]) {
        const { status, body } = await rawGet(url, path, scope);
        expect([path, status >= 400]).toEqual([path, true]);
        expect(body).not.toMatch(/secret|"packages"/);
      }
    }
    // They are where the test looks for them, and behind no nginx that is not held to the scope.
    const shown = await rawGet(open.baseUrl, `${snapshot}/release.json`, {});
    expect(shown.body).toContain(id);
    expect((await rawGet(open.baseUrl, `${LIVE}/release.json`, {})).status).toBe(404);
  });
});
