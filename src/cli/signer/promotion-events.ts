import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { type AdminApiClient, granted } from '../admin-api-client.js';
import { CliError } from '../cli-error.js';

/** Something that happened to a promotion. */
export interface ToldEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Milliseconds before a stream that broke is asked for again. */
const PAUSE = 1_000;

/**
 * What happens to a promotion, from its beginning to its end: over a server that is started again, too.
 * @param signal ends it
 */
export async function* promotionEvents(
  api: AdminApiClient,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<ToldEvent> {
  for (let last = ''; !signal.aborted;) {
    try {
      for await (const { id: at, event, data } of await open(api, id, last, signal)) {
        last = at ?? last;
        const told = { type: event ?? 'message', data: JSON.parse(data) as ToldEvent['data'] };
        yield told;
        if (isEnd(told)) return;
      }
    } catch (error) {
      if (error instanceof CliError && error.exitCode !== 3) throw error;
    }
    await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
  }
}

async function open(api: AdminApiClient, id: string, last: string, signal: AbortSignal) {
  const call = api.GET('/api/v1/promotions/{id}/events', {
    params: { path: { id }, ...(last && { header: { 'Last-Event-ID': last } }) },
    parseAs: 'stream',
    signal,
  });
  const stream = (await granted(call)) as unknown as ReadableStream<Uint8Array>;
  return stream
    .pipeThrough(new TextDecoderStream() as never)
    .pipeThrough(new EventSourceParserStream()) as unknown as AsyncIterable<{
    id?: string;
    event?: string;
    data: string;
  }>;
}

function isEnd({ type, data }: ToldEvent): boolean {
  return type === 'state' && ['live', 'failed', 'cancelled'].includes(String(data.state));
}
