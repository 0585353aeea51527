import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const HOSTILE_PAGE = `<!doctype html><title>Hostile</title><body><iframe></iframe>
<script>${readFileSync('test/browser/support/hostile-page.js', 'utf8')}</script>`;

/** A site of an attacker's, which is also what an admin listener without any guard would be. */
export interface HostileServer {
  readonly port: number;
  /** What reached it beside the page itself, as `METHOD /path body`. */
  readonly received: string[];
  close(): void;
}

export async function startHostileServer(): Promise<HostileServer> {
  const received: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      if (request.url !== '/') received.push(`${request.method} ${request.url} ${body}`);
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(HOSTILE_PAGE);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received,
    close: () => server.close(),
  };
}
