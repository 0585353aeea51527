import { Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { LINK_TO_NEXT_PAGE } from '../admin/documented-headers.js';
import { linkToNextPage } from '../admin/next-page.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { invalidRequest } from '../admin/validation.js';
import { AuditEventDto, auditEventDto, ListAuditDto } from './audit.dto.js';
import { AuditStore } from './audit.store.js';

@AdminController('audit')
export class AuditController {
  constructor(private readonly audit: AuditStore) {}

  /**
   * List changes
   *
   * @remarks Every change to keys and catalogue: who, when, what. The newest first; the `Link` header has
   * the next page. The database refuses to change or remove what was recorded.
   */
  @Get()
  @ApiOperation({ operationId: 'listAuditEvents' })
  @ApiOkResponse({
    type: [AuditEventDto],
    description: 'A page of changes.',
    headers: LINK_TO_NEXT_PAGE,
  })
  @Refuses('INVALID_REQUEST')
  async list(
    @Query() query: ListAuditDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuditEventDto[]> {
    const { actor, action, subject, since, until, limit = 50, cursor } = query;
    const filter = {
      actor,
      action,
      subject,
      since: since ? new Date(since) : undefined,
      until: until ? new Date(until) : undefined,
    };
    const before = cursor === undefined ? undefined : eventIdOf(cursor);
    const found = await this.audit.list(filter, { limit: limit + 1, before });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    if (last && found.length > limit)
      void reply.header('Link', linkToNextPage(request.url, last.id));
    return page.map(auditEventDto);
  }
}

/** The id of an event, which a `bigint` holds. */
function eventIdOf(cursor: string): string {
  if (/^\d{1,18}$/.test(cursor)) return cursor;
  throw invalidRequest([
    { field: 'cursor', problem: 'cursor must be one that a Link header gave' },
  ]);
}
