import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';

const PATH = /^\/gpg\/(lts\.asc|cosign\.pub)(?:\?|$)/;

/** `/gpg/lts.asc` and `/gpg/cosign.pub`: public, never behind a key. Read at each request, so that a new key shows at once. */
export class PublicKeys {
  constructor(private readonly folder: string) {}

  has(uri: string): boolean {
    return PATH.test(uri);
  }

  async serve({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD', 'Content-Length': 0 });
      return void response.end();
    }
    const key = await readFile(join(this.folder, PATH.exec(url)?.[1] as string));
    response.writeHead(200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': key.length,
      'Cache-Control': 'public, no-cache',
    });
    response.end(key);
  }
}
