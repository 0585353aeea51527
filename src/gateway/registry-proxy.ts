import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Agent, request as httpRequest } from 'undici';
import { connectionClosed } from './connection-closed.js';
import type { Audience } from './cache-control.js';

/** What a registry needs to answer a read. Not among them: `Authorization`, which is for us alone. */
const FORWARDED_REQUEST_HEADERS = [
  'accept',
  'range',
  'if-range',
  'if-none-match',
  'if-modified-since',
  'user-agent',
];

/** Of the connection (RFC 9110, section 7.6.1), or ours to say. */
const DROPPED_RESPONSE_HEADERS = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'www-authenticate',
  'cache-control',
]);

/** Passes reads on to an OCI registry and streams its answers back. */
export class RegistryProxy {
  /** Milliseconds. */
  private readonly agent = new Agent({
    connect: { timeout: 5_000 },
    headersTimeout: 30_000,
    bodyTimeout: 60_000,
  });

  constructor(private readonly registryUrl: string) {}

  /**
   * @param path of the registry's API, canonical, with its query
   * @throws when the registry cannot be reached, or lets nobody read without credentials
   */
  async forward(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    audience: Audience,
  ): Promise<void> {
    const signal = connectionClosed(request.socket);
    const upstream = await httpRequest(this.registryUrl + path, {
      dispatcher: this.agent,
      method: request.method === 'HEAD' ? 'HEAD' : 'GET',
      headers: pick(request.headers, FORWARDED_REQUEST_HEADERS),
      signal,
    });
    if (upstream.statusCode === 401) {
      // Passed on, it would tell a subscriber that a good key is bad.
      await upstream.body.dump();
      throw new Error('the registry asks for credentials: it has to let anyone read');
    }
    for (const [name, value] of Object.entries(upstream.headers)) {
      if (value !== undefined && !DROPPED_RESPONSE_HEADERS.has(name))
        response.setHeader(name, value);
    }
    response.setHeader('Cache-Control', `${audience}, no-cache`);
    response.writeHead(upstream.statusCode);
    await pipeline(upstream.body, response, { signal });
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}

function pick(
  headers: IncomingMessage['headers'],
  names: readonly string[],
): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}
