import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { stampListener, type RoutedListener } from '../common/listener.js';
import { StartError } from '../common/start-error.js';
import type { Settings } from '../config/settings.js';
import type { ListenAddress } from '../config/setting-validators.js';
import { setSecurityHeaders } from '../admin/security-headers.js';
import { ForwardAuthHandler } from '../forward-auth/forward-auth.handler.js';
import { GatewayHandler } from '../gateway/gateway.handler.js';

export type ListenerName = keyof Settings['listen'];

/** Milliseconds. Longer than a proxy keeps an idle connection (Traefik: 90 s), so that it never reuses one we are closing. */
const KEEP_ALIVE_TIMEOUT = 120_000;

/** Bytes of a request's line and headers: more than Traefik lets through, so that each is decided and none answered 431. */
const LONGEST_HEADERS = 65_536;
/** Milliseconds for which requests in flight may go on when the process stops. */
const DRAIN_TIMEOUT = 5_000;

/** The servers of this process, one for each listener that is configured. */
export class Listeners {
  private readonly servers = new Map<ListenerName, Server>();

  /** @throws StartError naming the setting whose address cannot be had */
  async open(
    name: ListenerName,
    { host, port }: ListenAddress,
    handle: RequestListener,
  ): Promise<void> {
    const server = createServer(
      { keepAliveTimeout: KEEP_ALIVE_TIMEOUT, maxHeaderSize: LONGEST_HEADERS },
      handle,
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(cannotListen(name, { host, port }, error)),
      );
      server.listen(port, host, resolve);
    });
    this.servers.set(name, server);
  }

  /** Where a listener can be reached; undefined when it is off. */
  urlOf(name: ListenerName): string | undefined {
    const address = this.servers.get(name)?.address() as AddressInfo | undefined;
    if (!address) return undefined;
    return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  }

  get names(): ListenerName[] {
    return [...this.servers.keys()];
  }

  /** Takes no new connection, lets requests in flight finish, then cuts what is left. */
  async close(): Promise<void> {
    const servers = [...this.servers.values()];
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    servers.forEach((server) => server.closeIdleConnections());
    const cut = setTimeout(
      () => servers.forEach((server) => server.closeAllConnections()),
      DRAIN_TIMEOUT,
    );
    await Promise.all(closed);
    clearTimeout(cut);
  }
}

/** Opens what is configured. A route of one listener does not exist on another. */
export async function openListeners(
  app: NestFastifyApplication,
  { listen }: Settings,
): Promise<Listeners> {
  const forwardAuth = app.get(ForwardAuthHandler);
  const gateway = app.get(GatewayHandler);
  const routed = routeThroughFastify(app);

  const handlers: Record<ListenerName, RequestListener> = {
    auth: (request, response) =>
      isAuthQuestion(request.method, request.url)
        ? forwardAuth.handle(request, response)
        : routed('auth')(request, response),
    admin: (request, response) => {
      setSecurityHeaders(response);
      routed('admin')(request, response);
    },
    metrics: routed('metrics'),
    gateway: (request, response) => gateway.handle(request, response),
  };

  const listeners = new Listeners();
  try {
    for (const name of Object.keys(handlers) as ListenerName[]) {
      const address = listen[name];
      if (address) await listeners.open(name, address, handlers[name]);
    }
  } catch (error) {
    await listeners.close();
    throw error;
  }
  return listeners;
}

function isAuthQuestion(method = '', url = ''): boolean {
  return (method === 'GET' || method === 'HEAD') && (url === '/auth' || url.startsWith('/auth?'));
}

function routeThroughFastify(
  app: NestFastifyApplication,
): (listener: RoutedListener) => RequestListener {
  const fastify = app.getHttpAdapter().getInstance();
  return (listener) => (request, response) => {
    stampListener(request, listener);
    fastify.routing(request, response);
  };
}

function cannotListen(
  name: ListenerName,
  { host, port }: ListenAddress,
  error: NodeJS.ErrnoException,
): Error {
  const setting = `${name.toUpperCase()}_LISTEN`;
  const why: Partial<Record<string, string>> = {
    EADDRINUSE: 'something else listens there already',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'this machine has no such address',
  };
  return new StartError(
    `Cannot listen on ${host}:${port} (${setting}): ${why[error.code ?? ''] ?? error.message}. ` +
      `Set ${setting} to another host:port, or port 0 for any that is free.`,
  );
}
