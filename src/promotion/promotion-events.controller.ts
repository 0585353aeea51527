import { once } from 'node:events';
import { Get, Headers, Param, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, type SchemaObject } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { PROMOTION_ID } from './promotion-id.pipe.js';
import { PromotionEvents } from './promotion-events.js';
import { PromotionsService } from './promotions.service.js';

/** Milliseconds after which a silent stream says that it is still there. */
const KEEP_ALIVE = 15_000;

/** One event of the stream, by the fields that it has there. */
const EVENT: SchemaObject = {
  type: 'object',
  required: ['id', 'event', 'data'],
  properties: {
    id: { type: 'string', description: 'Rises with each event.', example: '4711' },
    event: { type: 'string', enum: ['state', 'step', 'progress', 'warning'] },
    data: { type: 'string', description: 'JSON.', example: '{"step":"verify","state":"started"}' },
  },
};

@AdminController('promotions/:id/events', { tag: 'promotions' })
export class PromotionEventsController {
  constructor(
    private readonly promotions: PromotionsService,
    private readonly events: PromotionEvents,
  ) {}

  /**
   * Follow a promotion
   *
   * @remarks Server-sent events (WHATWG HTML, section 9.2): `state`, `step`, `progress`, `warning`, each with JSON. Those
   * that were come first; after `Last-Event-ID`, those since. The stream ends with the promotion.
   */
  @Get()
  @ApiOperation({ operationId: 'followPromotion' })
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string' } })
  @ApiOkResponse({
    description: 'A stream of events.',
    content: { 'text/event-stream': { schema: EVENT } },
  })
  @Refuses('INVALID_REQUEST', 'PROMOTION_NOT_FOUND')
  async follow(
    @Param('id', PROMOTION_ID) id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.promotions.get(id);
    const after = /^\d{1,18}$/.test(lastEventId ?? '') ? (lastEventId as string) : '0';
    const left = new AbortController();
    request.raw.socket.once('close', () => left.abort());

    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    const alive = setInterval(() => stream.write(': still here\n\n'), KEEP_ALIVE);
    try {
      for await (const { id: eventId, type, data } of this.events.follow(id, after, left.signal)) {
        const text = `id: ${eventId}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
        // Whoever reads slowly is told later; what it has not read yet is not held in memory.
        if (!stream.write(text)) await once(stream, 'drain', { signal: left.signal });
      }
    } catch (error) {
      if (!left.signal.aborted) throw error;
    } finally {
      clearInterval(alive);
      stream.end();
    }
  }
}
