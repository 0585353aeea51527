import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call that is not answered, and whether the registry has carried it out nevertheless. */
interface Hold {
  readonly call: RegExp;
  readonly carriedOut: boolean;
  readonly reached: () => void;
}

/**
 * Passes everything on to a registry, but what it is told to break.
 *
 * Before one that lets nobody in without a login, it makes what Zot is in production: anyone reads, and whoever
 * writes, or says who they are, is looked at.
 */
export class FaultyRegistry {
  /** Answered with 500: `PUT /v2/oci/lts-core/manifests/2025`. */
  broken: RegExp | undefined;
  /** What was asked, in the order it came. */
  readonly asked: string[] = [];
  private hold: Hold | undefined;

  private constructor(private readonly server: Server) {}

  /** @param reader the `Authorization` with which reads go on that have none */
  static async start(host: string, reader?: string): Promise<FaultyRegistry> {
    const server = createServer();
    const relay = new FaultyRegistry(server);
    server.on('request', (from, to) => {
      const call = `${from.method} ${from.url}`;
      relay.asked.push(call);
      if (relay.broken?.test(call)) {
        from.resume();
        to.writeHead(500).end('broken by the test');
        return;
      }
      const hold = relay.takeHold(call);
      if (hold && !hold.carriedOut) {
        from.resume();
        return hold.reached();
      }
      const { method, url } = from;
      const isRead = method === 'GET' || method === 'HEAD';
      const headers = { ...(isRead && reader && { authorization: reader }), ...from.headers };
      const onward = request(`http://${host}${url}`, { method, headers }, (answer) => {
        if (hold) {
          answer.resume();
          return hold.reached();
        }
        to.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(to);
      });
      onward.on('error', () => to.destroy());
      from.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  /** Leaves the next such call without an answer. @returns when it has come, and was carried out where it should be */
  async holdNext(call: RegExp, { carriedOut }: { carriedOut: boolean }): Promise<void> {
    await new Promise<void>((reached) => (this.hold = { call, carriedOut, reached }));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private takeHold(call: string): Hold | undefined {
    const hold = this.hold?.call.test(call) ? this.hold : undefined;
    if (hold) this.hold = undefined;
    return hold;
  }
}
