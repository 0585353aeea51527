import { Body, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { LINK_TO_NEXT_PAGE } from '../admin/documented-headers.js';
import { linkToNextPage } from '../admin/next-page.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { RequestAuthor } from '../admin/request-author.js';
import { invalidRequest } from '../admin/validation.js';
import type { Author } from '../audit/audit-event.js';
import { CancelPromotionDto } from './cancel-promotion.dto.js';
import { PromoteDto } from './promote.dto.js';
import { ListPromotionsDto, PromotionDto, promotionDto } from './promotion.dto.js';
import { PROMOTION_ID } from './promotion-id.pipe.js';
import { PromotionsService } from './promotions.service.js';

/** With the catalogue that comes with Packyard, each is taken as it stands. */
const DESTINATIONS = {
  rpm: {
    summary: 'RPM packages of one target',
    value: { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64' },
  },
  deb: {
    summary: 'Debian packages of one distribution and architecture',
    value: { component: 'core', series: '2025', format: 'deb', target: 'bookworm-amd64' },
  },
  keep: {
    summary: 'With a retention: five versions of each package stay',
    value: { component: 'core', series: '2025', format: 'rpm', target: 'el9-x86_64', keep: 5 },
  },
};

const CANCELLATIONS = {
  plain: { summary: 'Without a word', value: {} },
  reason: { summary: 'Saying why', value: { reason: 'built from the wrong branch' } },
};

@AdminController('promotions')
export class PromotionsController {
  constructor(private readonly promotions: PromotionsService) {}

  /**
   * Promote what is staged
   *
   * @remarks Takes its place in the queue of its publication. What is complete in staging when its turn comes is
   * frozen, checked, signed, and live in one step; a failure changes nothing that is live.
   */
  @Post()
  @HttpCode(202)
  @ApiOperation({ operationId: 'promote' })
  @ApiBody({ type: PromoteDto, examples: DESTINATIONS })
  @ApiAcceptedResponse({ type: PromotionDto, description: 'The promotion, to be followed.' })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'UNKNOWN_COMPONENT',
    'UNKNOWN_TARGET',
    'BODY_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
  )
  async promote(
    @Body() { component, series, format, target, keep }: PromoteDto,
    @RequestAuthor() author: Author,
  ): Promise<PromotionDto> {
    if (keep !== undefined && format === 'oci') {
      throw invalidRequest([{ field: 'keep', problem: 'keep is not for images: one is live' }]);
    }
    const destination = { component, series, format, target };
    const request = keep === undefined ? {} : { keep };
    return promotionDto(await this.promotions.promote(destination, request, author));
  }

  /**
   * List promotions
   *
   * @remarks The newest first, rollbacks and withdrawals among them. The `Link` header has the next page.
   */
  @Get()
  @ApiOkResponse({
    type: [PromotionDto],
    description: 'A page of promotions.',
    headers: LINK_TO_NEXT_PAGE,
  })
  @Refuses('INVALID_REQUEST')
  async list(
    @Query() { limit = 50, cursor, ...filter }: ListPromotionsDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PromotionDto[]> {
    const before = cursor === undefined ? undefined : placeOf(cursor);
    const found = await this.promotions.list(filter, { limit: limit + 1, before });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    if (last && found.length > limit)
      void reply.header('Link', linkToNextPage(request.url, last.place));
    return page.map(promotionDto);
  }

  /** Look at a promotion */
  @Get(':id')
  @ApiOkResponse({ type: PromotionDto, description: 'The promotion, as far as it is.' })
  @Refuses('INVALID_REQUEST', 'PROMOTION_NOT_FOUND')
  async get(@Param('id', PROMOTION_ID) id: string): Promise<PromotionDto> {
    return promotionDto(await this.promotions.get(id));
  }

  /**
   * Cancel a promotion
   *
   * @remarks Before it is live. What was staged stays staged.
   */
  @Post(':id/cancel')
  @HttpCode(202)
  @ApiBody({ type: CancelPromotionDto, required: false, examples: CANCELLATIONS })
  @ApiAcceptedResponse({
    type: PromotionDto,
    description: 'It ends at the next moment at which it can.',
  })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'PROMOTION_NOT_FOUND',
    'PROMOTION_FINISHED',
    'BODY_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
  )
  async cancel(
    @Param('id', PROMOTION_ID) id: string,
    @Body() body: CancelPromotionDto,
    @RequestAuthor() author: Author,
  ): Promise<PromotionDto> {
    return promotionDto(await this.promotions.cancel(id, author, body?.reason));
  }
}

/** The place of a promotion in the queue, which a `bigint` holds. */
function placeOf(cursor: string): string {
  if (/^\d{1,18}$/.test(cursor)) return cursor;
  throw invalidRequest([
    { field: 'cursor', problem: 'cursor must be one that a Link header gave' },
  ]);
}
