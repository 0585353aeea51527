import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpFileServer } from './http-file-server.js';

let server: Server;
afterEach(() => void server.close());

async function serving(answer: RequestListener): Promise<HttpFileServer> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new HttpFileServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const PATH = 'rpm/core/2025/el9-x86_64/repodata/repomd.xml';

it('asks as Traefik does for a subscriber of the component', async () => {
  const files = await serving(({ url, headers }, answer) =>
    answer.end(`${url} ${String(headers['x-packyard-scope'])}`),
  );
  expect((await files.read(PATH)).toString()).toBe(`/${PATH} /rpm/core/`);
});

it.each([404, 301, 503, 204])('says that the answer was %d', async (status) => {
  const files = await serving((_, answer) => answer.writeHead(status, { Location: '/' }).end());
  await expect(files.read(PATH)).rejects.toThrow(status === 301 ? 'redirect' : `${status}`);
});

it('says that nobody answers', async () => {
  const files = await serving(() => undefined);
  server.close();
  await expect(files.read(PATH)).rejects.toThrow(/^there was no answer: .*ECONNREFUSED/);
});
