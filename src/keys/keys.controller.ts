import {
  Body,
  Delete,
  Get,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { LINK_TO_NEXT_PAGE, PROPAGATION } from '../admin/documented-headers.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { invalidRequest } from '../admin/validation.js';
import { PROPAGATION_HEADER, propagationHeader } from '../changes/propagation-header.js';
import { Clock } from '../common/clock.js';
import { CreatedKeyDto, CreateKeyDto, KeyDto, keyDto, ListKeysDto } from './key.dto.js';
import { decodeCursor, encodeCursor } from './key-cursor.js';
import { KeysService } from './keys.service.js';

const ID = new ParseUUIDPipe({
  exceptionFactory: () =>
    invalidRequest([{ field: 'id', problem: 'id must be a UUID, as GET /api/v1/keys shows it' }]),
});

/** With the catalogue that comes with Packyard, each works as it stands. */
const ORDERS = {
  one: {
    summary: 'A key for one component',
    value: { component: 'core', label: 'Acme Corp — Core' },
  },
  several: {
    summary: 'A key for several, with an end: docker and Kubernetes hold one credential a host',
    value: {
      components: ['core', 'minion'],
      label: 'Acme Corp — cluster',
      customer: 'C-4711',
      expires_at: '2099-12-31T23:59:59Z',
    },
  },
};

@AdminController('keys')
export class KeysController {
  constructor(
    private readonly keys: KeysService,
    private readonly clock: Clock,
  ) {}

  /**
   * Make a key
   *
   * @remarks The answer holds the secret, and is the only one that ever does.
   */
  @Post()
  @ApiBody({ type: CreateKeyDto, examples: ORDERS })
  @ApiCreatedResponse({ type: CreatedKeyDto, description: 'The key, and its secret.' })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'UNKNOWN_COMPONENT',
    'BODY_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
  )
  async create(@Body() body: CreateKeyDto): Promise<CreatedKeyDto> {
    const { key, secret } = await this.keys.create({
      components: componentsOf(body),
      label: body.label,
      customer: body.customer ?? null,
      expiresAt: body.expires_at ? new Date(body.expires_at) : null,
    });
    return { ...keyDto(key, this.clock.now()), key: secret };
  }

  /**
   * List keys
   *
   * @remarks The newest first, without secrets. The `Link` header has the next page.
   */
  @Get()
  @ApiOkResponse({ type: [KeyDto], description: 'A page of keys.', headers: LINK_TO_NEXT_PAGE })
  @Refuses('INVALID_REQUEST')
  async list(
    @Query() query: ListKeysDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<KeyDto[]> {
    const { component, customer, label, state, expires_before, limit = 50, cursor } = query;
    const filter = {
      component,
      customer,
      label,
      state,
      expiresBefore: expires_before ? new Date(expires_before) : undefined,
    };
    const found = await this.keys.list(filter, {
      limit: limit + 1,
      after: cursor ? positionOf(cursor) : undefined,
    });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    if (last && found.length > limit)
      void reply.header('Link', nextPage(request.url, encodeCursor(last)));
    return page.map((key) => keyDto(key, this.clock.now()));
  }

  /** Look at a key */
  @Get(':id')
  @ApiOkResponse({ type: KeyDto, description: 'The key, without its secrets.' })
  @Refuses('INVALID_REQUEST', 'KEY_NOT_FOUND')
  async get(@Param('id', ID) id: string): Promise<KeyDto> {
    return keyDto(await this.keys.get(id), this.clock.now());
  }

  /**
   * Revoke a key
   *
   * @remarks All its secrets stop working, for good. Doing it again does nothing.
   */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse({
    description: 'The process that answers denies the key from now on.',
    headers: PROPAGATION,
  })
  @Refuses('INVALID_REQUEST', 'KEY_NOT_FOUND')
  async revoke(
    @Param('id', ID) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    void reply.header(PROPAGATION_HEADER, propagationHeader(await this.keys.revoke(id)));
  }
}

function componentsOf({ component, components }: CreateKeyDto): string[] {
  if (component !== undefined && components === undefined) return [component];
  if (components !== undefined && component === undefined) return components;
  throw invalidRequest([
    {
      field: 'component',
      problem: 'give either component (one name) or components (a list of names)',
    },
  ]);
}

function positionOf(cursor: string) {
  const position = decodeCursor(cursor);
  if (position) return position;
  throw invalidRequest([
    { field: 'cursor', problem: 'cursor must be one that a Link header gave' },
  ]);
}

/** RFC 8288. */
function nextPage(url: string, cursor: string): string {
  const [path = '', query] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `<${path}?${parameters.toString()}>; rel="next"`;
}
