/** A `node:http` server on loopback that tells its parent where it is, and ends with it. */
import { createServer } from 'node:http';

/** Milliseconds, as the auth listener has it. */
const KEEP_ALIVE_TIMEOUT = 120_000;

export function serve(handle) {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT }, handle);
  server.listen(0, '127.0.0.1', () =>
    process.send({ url: `http://127.0.0.1:${server.address().port}` }),
  );
  process.on('disconnect', () => process.exit());
}

/** Lets a request through with what was allowed, or refuses it. */
export function answer(response, scope) {
  if (scope === undefined) {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="Packyard"', 'Content-Length': 0 });
  } else {
    response.writeHead(200, { 'X-Packyard-Scope': scope, 'Content-Length': 0 });
  }
  response.end();
}
