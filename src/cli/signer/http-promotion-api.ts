import { setTimeout as sleep } from 'node:timers/promises';
import {
  type PromotionApi,
  ServerAway,
  type ToldPromotion,
  type ToldRequest,
} from '../../signer/promotion-api.js';
import { type AdminApiClient, granted } from '../admin-api-client.js';
import { CliError } from '../cli-error.js';

/** Milliseconds for an answer, but for a file's bytes. */
const TIME_LIMIT = 30_000;

/** Codes of a server that may be back in a moment. */
const AWAY = ['UNREACHABLE', 'CONNECTION_LOST', 'DATABASE_UNAVAILABLE'];

/** The signer's view of the server, over the admin API. */
export class HttpPromotionApi implements PromotionApi {
  constructor(private readonly api: AdminApiClient) {}

  async change(_id: string, atMost: number, signal: AbortSignal): Promise<void> {
    await sleep(atMost, undefined, { signal }).catch(() => undefined);
  }

  get(id: string): Promise<ToldPromotion> {
    return ask(
      this.api.GET('/api/v1/promotions/{id}', { params: { path: { id } }, signal: soon() }),
    );
  }

  requests(id: string): Promise<ToldRequest[]> {
    return ask(
      this.api.GET('/api/v1/promotions/{id}/signing-requests', {
        params: { path: { id } },
        signal: soon(),
      }),
    );
  }

  async sign(id: string, n: number, signature: Buffer): Promise<boolean> {
    const handedIn = ask(
      this.api.PUT('/api/v1/promotions/{id}/signing-requests/{n}', {
        params: { path: { id, n } },
        body: { signature: signature.toString('base64') },
        signal: soon(),
      }),
    );
    return handedIn.then(
      () => true,
      (error: unknown) => (hasCode(error, 'SIGNING_REQUEST_NOT_FOUND') ? false : rethrow(error)),
    );
  }

  async readSnapshot(id: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    const params = { path: { id }, query: { path } };
    return bytesOf(
      await ask(
        this.api.GET('/api/v1/promotions/{id}/snapshot', { params, parseAs: 'stream' }) as Call,
      ),
    );
  }

  async readRelease(id: string, path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const params = { path: { id }, query: { path } };
    const content = ask(
      this.api.GET('/api/v1/releases/{id}/snapshot', { params, parseAs: 'stream' }) as Call,
    );
    return content.then(bytesOf, (error: unknown) =>
      hasCode(error, 'FILE_NOT_FOUND') ? undefined : rethrow(error),
    );
  }

  async cancel(id: string, reason: string): Promise<void> {
    const isAsked = ask(
      this.api.POST('/api/v1/promotions/{id}/cancel', {
        params: { path: { id } },
        body: { reason },
        signal: soon(),
      }),
    );
    await isAsked.catch((error: unknown) => {
      if (!hasCode(error, 'PROMOTION_FINISHED')) throw error;
    });
  }
}

/** What openapi-fetch gives for `parseAs: 'stream'`, which its types do not know. */
type Call = Promise<{ data?: ReadableStream<Uint8Array>; error?: unknown; response: Response }>;

function soon(): AbortSignal {
  return AbortSignal.timeout(TIME_LIMIT);
}

async function ask<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  return granted(call).catch((error: unknown) => {
    throw hasCode(error, ...AWAY)
      ? new ServerAway((error as Error).message, { cause: error })
      : error;
  });
}

/** A connection that breaks in the middle is one of a server that is away. */
async function* bytesOf(stream: ReadableStream<Uint8Array> | null): AsyncIterable<Uint8Array> {
  if (!stream) return;
  try {
    yield* stream as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new ServerAway(`The connection broke: ${(error as Error).message}`, { cause: error });
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof CliError && codes.includes(error.code);
}

function rethrow(error: unknown): never {
  throw error;
}
