import { connect, type Socket } from 'node:net';

export interface RawResponse {
  /** 0 where the server closed the connection without an answer. */
  status: number;
  headers: Map<string, string>;
  body: string;
}

export interface RawRequest {
  readonly method: string;
  /** Goes out byte for byte. (Spaces and line ends are the caller's: they would end it.) */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One GET whose path no client library cleans up. */
export function rawGet(
  baseUrl: string,
  path: string,
  headers: Record<string, string>,
): Promise<RawResponse> {
  const { hostname, port, host } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  const request = { method: 'GET', path, headers: { Host: host, ...headers } };
  return rawRequest(socket, 'connect', request, 10_000);
}

/**
 * One request over a connection of its own.
 * @param ready the event with which it can be written to
 * @param patience milliseconds of silence
 */
export function rawRequest(
  socket: Socket,
  ready: 'connect' | 'secureConnect',
  { method, path, headers }: RawRequest,
  patience: number,
): Promise<RawResponse> {
  const lines = Object.entries({ Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return new Promise((resolve, reject) => {
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.setTimeout(patience, () => socket.destroy(new Error(`no answer to ${path}`)));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(parse(answer)));
    socket.on(ready, () =>
      socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    );
  });
}

function parse(answer: string): RawResponse {
  const [head = '', ...body] = answer.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status, headers, body: body.join('\r\n\r\n') };
}
