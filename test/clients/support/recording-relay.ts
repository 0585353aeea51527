import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * Stands before a server on loopback, passes bytes on as they are, and keeps what was sent to it.
 */
export class RecordingRelay {
  /** Everything that clients sent, in the order it came. */
  sent = '';
  /** `host:port` of the server. Without one, connections are taken and nothing is answered. */
  target: string | undefined;

  private readonly clients = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (client) => this.relay(client));
  }

  static async start(): Promise<RecordingRelay> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RecordingRelay(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get openConnections(): number {
    return this.clients.size;
  }

  /** Cuts every connection, whatever is under way on it. */
  cut(): void {
    for (const client of this.clients) client.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private relay(client: Socket): void {
    this.clients.add(client);
    client.on('data', (bytes) => (this.sent += bytes.toString('latin1')));
    client.on('error', () => undefined); // 'close' follows
    client.on('close', () => this.clients.delete(client));
    if (!this.target) return;

    const [host, port] = this.target.split(':');
    const server = connect(Number(port), host);
    client.pipe(server).pipe(client);
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
  }
}
