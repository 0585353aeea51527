import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';

const signals = new WeakMap<Socket, AbortSignal>();

/**
 * Aborts when the connection of a request is closed.
 *
 * A response does not tell by itself: of requests that a client pipelines, as apt
 * does, only the first response has the connection; the others wait for it and
 * never emit `close` when it goes. What is piped into them would wait for ever.
 *
 * One listener serves all requests of a connection, which may be many.
 */
export function connectionClosed(socket: Socket): AbortSignal {
  let signal = signals.get(socket);
  if (!signal) {
    const controller = new AbortController();
    signal = controller.signal;
    setMaxListeners(0, signal); // one a request that is being answered, not a leak
    signals.set(socket, signal);
    if (socket.destroyed) controller.abort();
    else socket.once('close', () => controller.abort());
  }
  return signal;
}
