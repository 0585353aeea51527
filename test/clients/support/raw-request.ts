import { connect } from 'node:net';

export interface RawResponse {
  /** 0 where the server closed the connection without an answer. */
  status: number;
  headers: Map<string, string>;
  body: string;
}

/**
 * One GET whose path goes out byte for byte as it is given: no client library cleans it up.
 * (Spaces and line ends are the caller's: they would end the path.)
 */
export function rawGet(
  baseUrl: string,
  path: string,
  headers: Record<string, string>,
): Promise<RawResponse> {
  const { hostname, port, host } = new URL(baseUrl);
  const lines = Object.entries({ Host: host, Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer to ${path}`)));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(parse(answer)));
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
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
