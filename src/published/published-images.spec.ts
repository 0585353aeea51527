import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PublishedImages } from './published-images.js';

let server: Server;
let images: PublishedImages;
let answer: RequestListener;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  images = new PublishedImages(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(async () => {
  await images.close();
  server.closeAllConnections();
  server.close();
});

function answers(status: number, body: unknown): void {
  answer = (_, response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

describe('the tags of an image', () => {
  it('are asked for by the name that subscribers use', async () => {
    let asked: string | undefined;
    answer = ({ url }, response) => {
      asked = url;
      response.end(JSON.stringify({ name: 'oci/lts-core', tags: ['2025'] }));
    };
    expect(await images.tags('lts-core')).toEqual(['2025']);
    expect(asked).toBe('/v2/oci/lts-core/tags/list?n=1000');
  });

  it('are not those that hold signatures', async () => {
    const digest = `sha256-${'ab'.repeat(32)}`;
    answers(200, {
      tags: [
        '2024',
        `${digest}.sig`,
        `${digest}.att`,
        `${digest}.withdrawn`,
        digest,
        'sha256-of-it',
      ],
    });
    expect(await images.tags('lts-core')).toEqual(['2024', 'sha256-of-it']);
  });

  it('are a hundred at most', async () => {
    answers(200, { tags: Array.from({ length: 500 }, (_, index) => `t${index}`) });
    expect(await images.tags('lts-core')).toHaveLength(100);
  });

  it.each([
    [404, { errors: [{ code: 'NAME_UNKNOWN' }] }],
    [200, { tags: null }],
    [200, { tags: [] }],
  ])('are none after %d %j', async (status, body) => {
    answers(status, body);
    expect(await images.tags('lts-core')).toEqual([]);
  });

  it.each([
    [500, {}, 'answers 500'],
    [200, '<html>', 'answers with no list of tags'],
    [200, { tags: [7] }, 'answers with no list of tags'],
    [200, 'null', 'answers with no list of tags'],
  ])('cannot be had after %d %j', async (status, body, problem) => {
    answers(status, body);
    await expect(images.tags('lts-core')).rejects.toThrow(problem);
  });
});

describe('the registry', () => {
  it('is there', async () => {
    answers(200, {});
    await expect(images.ping()).resolves.toBeUndefined();
  });

  it('has to let anyone read', async () => {
    answers(401, {});
    await expect(images.ping()).rejects.toThrow('asks for credentials');
  });

  it('is not waited for', async () => {
    answer = () => undefined;
    await expect(images.ping()).rejects.toThrow('does not answer within 2 s');
  });

  it('is not there', async () => {
    const nobody = new PublishedImages('http://127.0.0.1:9');
    await expect(nobody.ping()).rejects.toThrow('does not answer (ECONNREFUSED)');
    await nobody.close();
  });
});
