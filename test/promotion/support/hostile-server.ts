import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

export interface Asked {
  readonly form: string;
  readonly path: string;
  readonly sha256: string;
}

/** What the server wants signed, and what it shows for it, until all of it is signed. */
export interface Stage {
  readonly asks: readonly Asked[];
  /** What it answers for files of the new snapshot. */
  readonly snapshot?: string;
  /** What it says of the promotion. */
  readonly says?: Record<string, unknown>;
}

/**
 * Speaks the admin API of promotions and says whatever a test wants it to. It signs nothing, checks nothing, and keeps
 * what it is given.
 */
export class HostileServer {
  /** Folders of releases, by id. */
  readonly releases = new Map<string, string>();
  /** By path of what is signed. */
  readonly signatures = new Map<string, Buffer>();
  readonly orders: unknown[] = [];
  private readonly described = new Map<string, object>();
  cancelled = 0;
  /** What it does once it has an order: each stage when what was asked before is signed. */
  script: (() => Promise<Stage> | Stage)[] = [];
  /** What it says of a promotion that has all it asked for. */
  end = 'live';

  private promotion: Record<string, unknown> = {};
  private stage: Stage = { asks: [] };
  private next = 0;
  private turn: Promise<void> | undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<HostileServer> {
    const server = createServer();
    const hostile = new HostileServer(server);
    server.on('request', (request, response) => {
      hostile.answer(request, response).catch((error: Error) => {
        response.writeHead(500).end(JSON.stringify({ code: 'TEST', message: error.stack }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hostile;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What it says of a release. */
  describe(id: string, release: object): void {
    this.described.set(id, release);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.url);
    const [what = '', id = '', part = '', n = ''] = url.pathname.replace('/api/v1/', '').split('/');
    const give = (status: number, body?: unknown) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    const call = [request.method, what, part].filter((each) => each !== '').join(' ');
    switch (call) {
      case 'GET signing':
        return void give(200, { by: 'signer' });
      case 'POST promotions':
      case 'POST rollbacks':
      case 'POST withdrawals':
        return void give(202, this.take(what, await json(request)));
      case 'GET promotions':
        await this.advance();
        return void give(200, this.promotion);
      case 'GET promotions signing-requests':
        return void give(200, this.requests());
      case 'PUT promotions signing-requests': {
        const { signature } = (await json(request)) as { signature: string };
        this.signatures.set(this.requests()[Number(n) - 1]!.path, Buffer.from(signature, 'base64'));
        return void response.writeHead(204).end();
      }
      case 'POST promotions cancel':
        this.cancelled += 1;
        this.promotion = { ...this.promotion, state: 'cancelled' };
        return void give(202, this.promotion);
      case 'GET releases':
        return void give(200, this.described.get(id));
      case 'GET promotions events':
        return void response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('\n');
      case 'GET promotions snapshot':
        return this.file(response, this.stage.snapshot, url.searchParams.get('path')!);
      case 'GET releases snapshot':
        return this.file(response, this.releases.get(id), url.searchParams.get('path')!);
      default:
        throw new Error(`${call} is not of this test`);
    }
  }

  private take(what: string, order: unknown): unknown {
    this.orders.push(order);
    this.stage = { asks: [] };
    const kind = { rollbacks: 'rollback', withdrawals: 'withdrawal' }[what] ?? 'promotion';
    const { release = '' } = order as { release?: string };
    this.promotion = {
      ...(order as object),
      ...this.described.get(release),
      ...{ id: randomUUID(), kind, state: 'running', base: null, release: null, error: null },
      cancel_reason: null,
      ...{ added: [], removed: [], client_command: null, needs_signer: true },
    };
    return this.promotion;
  }

  /** Goes on to the next stage where nothing is left to sign. */
  private async advance(): Promise<void> {
    this.turn ??= this.goOn().finally(() => (this.turn = undefined));
    await this.turn;
  }

  private async goOn(): Promise<void> {
    if (this.promotion.state === 'cancelled' || !this.requests().every(({ signed }) => signed))
      return;
    const stage = this.script[this.next];
    if (stage) {
      this.next += 1;
      this.stage = await stage();
      this.promotion = { ...this.promotion, state: 'awaiting_signatures', ...this.stage.says };
    } else {
      this.promotion = { ...this.promotion, state: this.end, release: 'r-new' };
    }
  }

  private requests() {
    return this.stage.asks.map((each, i) => ({
      n: i + 1,
      ...each,
      signed: this.signatures.has(each.path),
      signature: this.signatures.get(each.path)?.toString('base64') ?? null,
    }));
  }

  private async file(response: ServerResponse, folder: string | undefined, path: string) {
    const content = folder && (await readFile(join(folder, path)).catch(() => undefined));
    if (content) return void response.writeHead(200).end(content);
    const refusal = { code: 'FILE_NOT_FOUND', message: `There is no ${path}.` };
    response.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify(refusal));
  }
}
