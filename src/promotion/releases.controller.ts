import { Body, Get, HttpCode, Param, Post, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { LINK_TO_NEXT_PAGE } from '../admin/documented-headers.js';
import { linkToNextPage } from '../admin/next-page.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { RequestAuthor } from '../admin/request-author.js';
import { invalidRequest } from '../admin/validation.js';
import type { Author } from '../audit/audit-event.js';
import { PromotionsService } from './promotions.service.js';
import { DestinationFilterDto } from './destination.dto.js';
import {
  OrderedChangeDto,
  orderedChangeDto,
  ReleaseDto,
  releaseDto,
  RollBackDto,
  WithdrawDto,
} from './release.dto.js';
import { SigningService } from './signing.service.js';
import { isReleaseId } from './tree/tree-layout.js';
import { SnapshotPathDto } from './snapshot-path.dto.js';

/** In examples, where one of the list has to stand. */
const RELEASE = '20261124T110500Z-3f9a1c';

@AdminController('releases')
export class ReleasesController {
  constructor(
    private readonly promotions: PromotionsService,
    private readonly signing: SigningService,
  ) {}

  /**
   * List releases
   *
   * @remarks What was live when, the newest first. The `Link` header has the next page.
   */
  @Get()
  @ApiOkResponse({
    type: [ReleaseDto],
    description: 'A page of releases.',
    headers: LINK_TO_NEXT_PAGE,
  })
  @Refuses('INVALID_REQUEST')
  async list(
    @Query() { limit = 50, cursor, ...filter }: DestinationFilterDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseDto[]> {
    const before = cursor === undefined ? undefined : releaseIdOf(cursor);
    const found = await this.promotions.listReleases(filter, { limit: limit + 1, before });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    if (last && found.length > limit)
      void reply.header('Link', linkToNextPage(request.url, last.document.id));
    return page.map(releaseDto);
  }

  /** Look at a release */
  @Get(':id')
  @ApiOkResponse({ type: ReleaseDto, description: 'The release and its packages.' })
  @Refuses('RELEASE_NOT_FOUND')
  async get(@Param('id') id: string): Promise<ReleaseDto> {
    return releaseDto(await this.promotions.release(id));
  }

  /**
   * Read a file of a release
   *
   * @remarks For the signer, which verifies the signed metadata that the next release is built upon.
   */
  @Get(':id/snapshot')
  @ApiOperation({ operationId: 'readRelease' })
  @ApiOkResponse({
    description: 'Its bytes.',
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  })
  @Refuses('INVALID_REQUEST', 'RELEASE_NOT_FOUND', 'FILE_NOT_FOUND')
  async read(@Param('id') id: string, @Query() { path }: SnapshotPathDto): Promise<StreamableFile> {
    return new StreamableFile(await this.signing.openRelease(id, path));
  }
}

/** @throws DomainError INVALID_REQUEST for what no `Link` header gave */
function releaseIdOf(cursor: string): string {
  if (isReleaseId(cursor)) return cursor;
  throw invalidRequest([
    { field: 'cursor', problem: 'cursor must be one that a Link header gave' },
  ]);
}

@AdminController('rollbacks', { tag: 'releases' })
export class RollbacksController {
  constructor(private readonly promotions: PromotionsService) {}

  /**
   * Go back to an earlier release
   *
   * @remarks Makes a new release with what a target held then. The answer says which packages that changes, whether it
   * needs the signer, and what an upgraded machine runs to follow.
   */
  @Post()
  @HttpCode(202)
  @ApiOperation({ operationId: 'rollBack' })
  @ApiBody({
    type: RollBackDto,
    examples: { release: { summary: 'A release of the list', value: { release: RELEASE } } },
  })
  @ApiAcceptedResponse({ type: OrderedChangeDto, description: 'The rollback, to be followed.' })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'UNKNOWN_COMPONENT',
    'UNKNOWN_TARGET',
    'RELEASE_NOT_FOUND',
    'RELEASE_REMOVED',
    'PACKAGE_WITHDRAWN',
    'NOTHING_TO_CHANGE',
    'BODY_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
  )
  async rollBack(
    @Body() { release, target }: RollBackDto,
    @RequestAuthor() author: Author,
  ): Promise<OrderedChangeDto> {
    const { promotion, change } = await this.promotions.rollBack({ release, target }, author);
    return orderedChangeDto(promotion, change);
  }
}

@AdminController('withdrawals', { tag: 'releases' })
export class WithdrawalsController {
  constructor(private readonly promotions: PromotionsService) {}

  /**
   * Take packages out of what is live
   *
   * @remarks Makes a new release without them. No later promotion brings them back, unless they are staged again.
   */
  @Post()
  @HttpCode(202)
  @ApiOperation({ operationId: 'withdraw' })
  @ApiBody({
    type: WithdrawDto,
    examples: {
      package: {
        summary: 'A package of the release that is live',
        value: { release: RELEASE, packages: ['acme-2.0-1.x86_64.rpm'] },
      },
    },
  })
  @ApiAcceptedResponse({ type: OrderedChangeDto, description: 'The withdrawal, to be followed.' })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'RELEASE_NOT_FOUND',
    'PACKAGE_NOT_LIVE',
    'IMAGE_LIVE',
    'BODY_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
  )
  async withdraw(
    @Body() { release, packages, now = false }: WithdrawDto,
    @RequestAuthor() author: Author,
  ): Promise<OrderedChangeDto> {
    const { promotion, change } = await this.promotions.withdraw(
      { release, packages, now },
      author,
    );
    return orderedChangeDto(promotion, change);
  }
}
