import type { FormatSigner } from './format-signer.js';
import {
  type PromotionApi,
  ServerAway,
  type ToldPromotion,
  type ToldRequest,
} from './promotion-api.js';
import { PromotionSigner } from './promotion-signer.js';
import { SigningRefused } from './signing-refused.js';

const ID = 'p1';
const destination = {
  component: 'core',
  series: '2025',
  format: 'rpm',
  target: 'el9-x86_64',
} as const;
const order = { kind: 'promotion', destination } as const;

/** A server in memory: what each question is answered with, in turn; the last answer stays. */
class FakeServer implements PromotionApi {
  states: Partial<ToldPromotion>[] = [];
  asks: ToldRequest[] = [];
  readonly handedIn = new Map<number, string>();
  readonly refusedNumbers = new Set<number>();
  cancelled = 0;
  reason: string | undefined;
  /** How often it does not answer. */
  away = 0;

  change = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  get(id: string): Promise<ToldPromotion> {
    if (this.away-- > 0) return Promise.reject(new ServerAway('no answer'));
    const said = this.states.length > 1 ? this.states.shift()! : this.states[0]!;
    const plain = {
      id,
      ...order.destination,
      kind: 'promotion',
      base: null,
      release: null,
      error: null,
      cancel_reason: null,
    };
    return Promise.resolve({ ...plain, state: 'running', ...said } as ToldPromotion);
  }

  requests(): Promise<ToldRequest[]> {
    return Promise.resolve(
      this.asks.map((each) => ({ ...each, signed: each.signed || this.handedIn.has(each.n) })),
    );
  }

  sign(_id: string, n: number, signature: Buffer): Promise<boolean> {
    if (this.refusedNumbers.has(n)) return Promise.resolve(false);
    this.handedIn.set(n, signature.toString());
    return Promise.resolve(true);
  }

  readSnapshot = () => Promise.reject(new Error('not asked here'));
  readRelease = () => Promise.reject(new Error('not asked here'));

  cancel(_id: string, reason: string): Promise<void> {
    this.cancelled += 1;
    this.reason = reason;
    return Promise.resolve();
  }
}

const ask = (n: number, signed = false): ToldRequest => ({
  n,
  form: 'rpm-header',
  path: `staged/${n}.rpm`,
  sha256: '0'.repeat(64),
  signed,
  signature: null,
});

const willing: FormatSigner = {
  answer: ({ path }) => Promise.resolve(Buffer.from(`signature of ${path}`)),
  unsigned: () => undefined,
};

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});

const follow = (
  signer: FormatSigner | undefined,
  { patience = 1_000, signal = new AbortController().signal } = {},
) => new PromotionSigner(server, order, signer, {}, patience).follow(ID, signal);

it('answers what waits, once each, until the promotion has ended', async () => {
  server.asks = [ask(1), ask(2, true), ...Array.from({ length: 20 }, (_, i) => ask(i + 3))];
  server.states = [
    { state: 'queued' },
    { state: 'awaiting_signatures' },
    { state: 'awaiting_signatures' },
    { state: 'running' },
    { state: 'live', release: 'r1' },
  ];
  expect(await follow(willing)).toMatchObject({ state: 'live', release: 'r1' });
  expect(server.handedIn.size).toBe(21);
  expect(server.handedIn.get(3)).toBe('signature of staged/3.rpm');
  expect(server.handedIn.has(2)).toBe(false);
  expect(server.cancelled).toBe(0);
});

it.each(['queued', 'running', 'live', 'failed', 'cancelled'] as const)(
  'answers nothing while the promotion is %s',
  async (state) => {
    server.asks = [ask(1)];
    server.states = [{ state }, { state: 'failed' }];
    await follow(willing);
    expect(server.handedIn.size).toBe(0);
  },
);

it('gives the promotion up where it refuses once, with the reason', async () => {
  server.asks = [ask(1), ask(2)];
  server.states = [{ state: 'awaiting_signatures' }];
  const answer = ({ n }: ToldRequest) =>
    n === 2 ? Promise.reject(new SigningRefused('not staged')) : Promise.resolve(Buffer.from('x'));
  await expect(follow({ ...willing, answer })).rejects.toThrow('not staged');
  expect([server.cancelled, server.reason]).toEqual([1, 'It was not signed. not staged']);
});

it('does not refuse what a server that builds anew has ceased to ask for', async () => {
  server.asks = [ask(1)];
  server.states = [{ state: 'awaiting_signatures' }];
  const anew = { ...ask(1), sha256: '1'.repeat(64) };
  const asked: string[] = [];
  const answer = ({ sha256 }: ToldRequest) => {
    asked.push(sha256);
    if (sha256 === anew.sha256) {
      server.states = [{ state: 'live' }];
      return Promise.resolve(Buffer.from('x'));
    }
    server.asks = [anew];
    return Promise.reject(new SigningRefused('it answers another file'));
  };
  expect(await follow({ ...willing, answer })).toMatchObject({ state: 'live' });
  expect([asked, server.cancelled]).toEqual([[ask(1).sha256, anew.sha256], 0]);
});

it('tells nobody what went wrong with itself', async () => {
  server.asks = [ask(1)];
  server.states = [{ state: 'awaiting_signatures' }];
  const answer = () => Promise.reject(new Error('cannot read /home/ci/.secret'));
  await expect(follow({ ...willing, answer })).rejects.toThrow('/home/ci');
  expect(server.reason).toMatch(/^It was not signed\. Whoever was to sign it failed/);
});

it('leaves the promotion to the next one where the server that it belongs to stops', async () => {
  server.states = [{ state: 'running' }];
  const stop = new AbortController();
  const following = follow(willing, { signal: stop.signal });
  stop.abort(new ServerAway('This process stops.'));
  await expect(following).rejects.toThrow(ServerAway);
  expect(server.cancelled).toBe(0);
});

it.each([
  ['component', 'minion'],
  ['series', '2024'],
  ['format', 'deb'],
  ['target', 'el8-x86_64'],
  ['kind', 'rollback'],
  ['id', 'p2'],
])('refuses a promotion with another %s', async (field, value) => {
  server.asks = [ask(1)];
  server.states = [{ state: 'awaiting_signatures', [field]: value }];
  await expect(follow(willing)).rejects.toThrow(SigningRefused);
  expect([server.handedIn.size, server.cancelled]).toEqual([0, 1]);
});

it('does not believe that what it never signed is live', async () => {
  server.states = [{ state: 'live' }];
  const signer = { ...willing, unsigned: () => 'InRelease' };
  await expect(follow(signer)).rejects.toThrow('InRelease was never signed here');
});

it('goes on where the server no longer waits for a signature, and asks what it waits for', async () => {
  server.asks = [ask(1)];
  server.refusedNumbers.add(1);
  server.states = [
    { state: 'awaiting_signatures' },
    { state: 'awaiting_signatures' },
    { state: 'live' },
  ];
  expect(await follow(willing)).toMatchObject({ state: 'live' });
});

it('waits for a server that is away, and not for ever', async () => {
  server.states = [{ state: 'live' }];
  server.away = 2;
  expect(await follow(willing)).toMatchObject({ state: 'live' });
  server.away = 1_000;
  await expect(follow(willing, { patience: 400 })).rejects.toThrow(ServerAway);
  expect(server.cancelled).toBe(0);
});

it('gives the promotion up when it is told to, without waiting for a server that does not answer', async () => {
  server.states = [{ state: 'running' }];
  const stop = new AbortController();
  const following = follow(willing, { signal: stop.signal });
  stop.abort(new Error('interrupted'));
  await expect(following).rejects.toThrow('interrupted');
  expect([server.cancelled, server.reason]).toEqual([1, expect.stringContaining('interrupted')]);
});

it('only follows where the server signs itself', async () => {
  server.asks = [ask(1)];
  server.states = [{ state: 'awaiting_signatures' }, { state: 'live' }];
  expect(await follow(undefined)).toMatchObject({ state: 'live' });
  expect(server.handedIn.size).toBe(0);
});
