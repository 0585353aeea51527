import { Get, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { LINK_TO_NEXT_PAGE } from '../admin/documented-headers.js';
import { linkToNextPage } from '../admin/next-page.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { invalidRequest } from '../admin/validation.js';
import { decodeStagingCursor, encodeStagingCursor } from './staging-cursor.js';
import { DestinationFilterDto } from '../promotion/destination.dto.js';
import { stagedFileDto, StagedFileDto } from './staging.dto.js';
import { StagingService } from './staging.service.js';

@AdminController('staging')
export class StagingController {
  constructor(private readonly staging: StagingService) {}

  /**
   * List what waits to be promoted
   *
   * @remarks Every file in staging but those that were promoted, in the order of their paths: what is complete,
   * and what is not with the reason. The `Link` header has the next page.
   */
  @Get()
  @ApiOperation({ operationId: 'listStaging' })
  @ApiOkResponse({
    type: [StagedFileDto],
    description: 'A page of files.',
    headers: LINK_TO_NEXT_PAGE,
  })
  @Refuses('INVALID_REQUEST', 'STAGING_UNAVAILABLE')
  async list(
    @Query() query: DestinationFilterDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StagedFileDto[]> {
    const { component, series, format, target, limit = 50, cursor } = query;
    const found = await this.staging.list(
      { component, series, format, target },
      { limit: limit + 1, after: cursor === undefined ? undefined : pathOf(cursor) },
    );
    const page = found.slice(0, limit);
    const last = page.at(-1);
    if (last && found.length > limit) {
      void reply.header('Link', linkToNextPage(request.url, encodeStagingCursor(last.path)));
    }
    return page.map(stagedFileDto);
  }
}

function pathOf(cursor: string): string {
  const path = decodeStagingCursor(cursor);
  if (path !== undefined) return path;
  throw invalidRequest([
    { field: 'cursor', problem: 'cursor must be one that a Link header gave' },
  ]);
}
