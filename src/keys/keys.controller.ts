import {
  Body,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Temporal } from 'temporal-polyfill';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { BodyLimit } from '../admin/body-limit.decorator.js';
import { LINK_TO_NEXT_PAGE, PROPAGATION } from '../admin/documented-headers.js';
import { linkToNextPage } from '../admin/next-page.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { RequestAuthor } from '../admin/request-author.js';
import { invalidRequest } from '../admin/validation.js';
import type { Author } from '../audit/audit-event.js';
import { PROPAGATION_HEADER, propagationHeader } from '../changes/propagation-header.js';
import { Clock } from '../common/clock.js';
import { SetupDto, setupDto } from '../setup/setup.dto.js';
import { SetupService } from '../setup/setup.service.js';
import { CreateKeyDto } from './create-key.dto.js';
import { ImportKeysDto, ImportOutcomeDto } from './import-keys.dto.js';
import { CreatedKeyDto, KeyDto, keyDto } from './key.dto.js';
import type { Key } from './key.js';
import { decodeCursor, encodeCursor } from './key-cursor.js';
import { KeySetupQueryDto } from './key-setup-query.dto.js';
import { KEY_ID } from './key-id.pipe.js';
import { KeyUsageDto, keyUsageDto, UsagePeriodDto } from './key-usage.dto.js';
import { KeysService } from './keys.service.js';
import { ListKeysDto } from './list-keys.dto.js';
import { RotateKeyDto } from './rotate-key.dto.js';
import { UpdateKeyDto } from './update-key.dto.js';
import { usagePeriod } from './usage-period.js';

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

const EDITS = {
  name: { summary: 'Another label and customer', value: { label: 'Acme Inc', customer: 'C-4712' } },
  components: { summary: 'Other components', value: { components: ['core', 'minion'] } },
  end: { summary: 'An end', value: { expires_at: '2099-12-31T23:59:59Z' } },
  endless: { summary: 'No end', value: { expires_at: null } },
};

const ROTATIONS = {
  week: { summary: 'The old secret works on for a week', value: {} },
  twoDays: { summary: 'It works on for two days', value: { overlap: 'P2D' } },
  atOnce: { summary: 'It stops working at once', value: { overlap: 'PT0S' } },
};

/** A secret of an earlier system, of 64 hex characters. */
const IMPORTS = {
  check: {
    summary: 'Check a list, and change nothing',
    value: {
      dry_run: true,
      keys: [{ key: '0123456789abcdef'.repeat(4), component: 'core', label: 'Acme Corp — Core' }],
    },
  },
};

/** Bytes: 50,000 keys with long labels. */
const IMPORT_LIMIT = 32 * 1024 * 1024;

@AdminController('keys')
export class KeysController {
  constructor(
    private readonly keys: KeysService,
    private readonly setup: SetupService,
    private readonly clock: Clock,
  ) {}

  /**
   * Make a key
   *
   * @remarks The answer holds the secret, and is the only one that ever does. `setup` is what the subscriber pastes
   * to start.
   */
  @Post()
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'Any text of your own, new for each key: an order that is sent again with it makes no second key.',
    schema: { type: 'string', maxLength: 255 },
  })
  @ApiBody({ type: CreateKeyDto, examples: ORDERS })
  @ApiCreatedResponse({ type: CreatedKeyDto, description: 'The key, and its secret.' })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'UNKNOWN_COMPONENT',
    'KEY_ALREADY_CREATED',
    'BODY_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'KEY_JOURNAL_UNAVAILABLE',
    'KEY_JOURNAL_DIVERGED',
  )
  async create(
    @Body() body: CreateKeyDto,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @RequestAuthor() author: Author,
  ): Promise<CreatedKeyDto> {
    const { key, secret } = await this.keys.create(
      {
        components: componentsOf(body),
        label: body.label,
        customer: body.customer ?? null,
        expiresAt: timeOf(body.expires_at) ?? null,
      },
      author,
      requireIdempotencyKey(idempotencyKey),
    );
    return this.withSecret(key, secret);
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
    const expiresBefore = timeOf(expires_before) ?? undefined;
    const found = await this.keys.list(
      { component, customer, label, state, expiresBefore },
      { limit: limit + 1, after: cursor ? positionOf(cursor) : undefined },
    );
    const page = found.slice(0, limit);
    const last = page.at(-1);
    if (last && found.length > limit)
      void reply.header('Link', linkToNextPage(request.url, encodeCursor(last)));
    return page.map((key) => keyDto(key, this.clock.now()));
  }

  /** Look at a key */
  @Get(':id')
  @ApiOkResponse({ type: KeyDto, description: 'The key, without its secrets.' })
  @Refuses('INVALID_REQUEST', 'KEY_NOT_FOUND')
  async get(@Param('id', KEY_ID) id: string): Promise<KeyDto> {
    return keyDto(await this.keys.get(id), this.clock.now());
  }

  /**
   * See how a subscriber starts
   *
   * @remarks What the answer that made the key had as `setup`, with `<KEY>` where the secret stands.
   */
  @Get(':id/setup')
  @ApiOkResponse({ type: SetupDto, description: 'A text to paste, for each client.' })
  @Refuses('INVALID_REQUEST', 'KEY_NOT_FOUND')
  async showSetup(
    @Param('id', KEY_ID) id: string,
    @Query() { series }: KeySetupQueryDto,
  ): Promise<SetupDto> {
    const { components } = await this.keys.get(id);
    return setupDto(await this.setup.for({ components, secret: undefined, series }));
  }

  /**
   * Edit a key
   *
   * @remarks What is left out stays as it is. To end a key at once, revoke it.
   */
  @Patch(':id')
  @ApiBody({ type: UpdateKeyDto, required: false, examples: EDITS })
  @ApiOkResponse({ type: KeyDto, description: 'The key as it is now.', headers: PROPAGATION })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'UNKNOWN_COMPONENT',
    'KEY_NOT_FOUND',
    'KEY_REVOKED',
    'BODY_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'KEY_JOURNAL_UNAVAILABLE',
    'KEY_JOURNAL_DIVERGED',
  )
  async update(
    @Param('id', KEY_ID) id: string,
    @Body() body: UpdateKeyDto,
    @RequestAuthor() author: Author,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<KeyDto> {
    const { label, customer, components, expires_at } = body;
    const edit = { label, customer, components, expiresAt: timeOf(expires_at) };
    const { key, propagation } = await this.keys.update(id, edit, author);
    void reply.header(PROPAGATION_HEADER, propagationHeader(propagation));
    return keyDto(key, this.clock.now());
  }

  /**
   * Give a key a new secret
   *
   * @remarks The answer holds the new secret, and is the only one that ever does. The secret that the key
   * had works on until the overlap ends: time for the subscriber to change it on every machine.
   */
  @Post(':id/rotate')
  @ApiBody({ type: RotateKeyDto, required: false, examples: ROTATIONS })
  @ApiCreatedResponse({
    type: CreatedKeyDto,
    description: 'The same key, and its new secret.',
    headers: PROPAGATION,
  })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'KEY_NOT_FOUND',
    'KEY_REVOKED',
    'KEY_EXPIRED',
    'ROTATION_IN_PROGRESS',
    'NO_ROTATION',
    'BODY_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'KEY_JOURNAL_UNAVAILABLE',
    'KEY_JOURNAL_DIVERGED',
  )
  async rotate(
    @Param('id', KEY_ID) id: string,
    @Body() body: RotateKeyDto,
    @RequestAuthor() author: Author,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreatedKeyDto> {
    const { overlap = 'P7D', replace = false } = body ?? {};
    const rotation = { overlap: Temporal.Duration.from(overlap), replace };
    const { key, secret, propagation } = await this.keys.rotate(id, rotation, author);
    void reply.header(PROPAGATION_HEADER, propagationHeader(propagation));
    return this.withSecret(key, secret);
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
  @Refuses('INVALID_REQUEST', 'KEY_NOT_FOUND', 'KEY_JOURNAL_UNAVAILABLE', 'KEY_JOURNAL_DIVERGED')
  async revoke(
    @Param('id', KEY_ID) id: string,
    @RequestAuthor() author: Author,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    void reply.header(PROPAGATION_HEADER, propagationHeader(await this.keys.revoke(id, author)));
  }

  /**
   * See how much a key is used
   *
   * @remarks Requests that it was let through with, day by day (UTC). Counts are written every ten seconds.
   */
  @Get(':id/usage')
  @ApiOkResponse({
    type: [KeyUsageDto],
    description: 'Every day of the period, the first one first.',
  })
  @Refuses('INVALID_REQUEST', 'KEY_NOT_FOUND')
  async usage(
    @Param('id', KEY_ID) id: string,
    @Query() query: UsagePeriodDto,
  ): Promise<KeyUsageDto[]> {
    const { from, to } = usagePeriod(query, this.clock.now());
    return (await this.keys.usage(id, from, to)).map(keyUsageDto);
  }

  /**
   * Import keys of another installation
   *
   * @remarks With the secrets that subscribers have, so that none has to change a machine: 64 hex characters,
   * or keys of another Packyard. All of them are taken, or none; `dry_run` only checks.
   */
  @Post('import')
  @HttpCode(200)
  @BodyLimit(IMPORT_LIMIT)
  @ApiOperation({ operationId: 'importKeys' })
  @ApiBody({ type: ImportKeysDto, examples: IMPORTS })
  @ApiOkResponse({ type: ImportOutcomeDto, description: 'What was done, or would be.' })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'IMPORT_REFUSED',
    'BODY_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'KEY_JOURNAL_UNAVAILABLE',
    'KEY_JOURNAL_DIVERGED',
  )
  async import(
    @Body() { keys, dry_run = false, skip_existing = false }: ImportKeysDto,
    @RequestAuthor() author: Author,
  ): Promise<ImportOutcomeDto> {
    const imported = keys.map((each) => ({
      secret: each.key,
      components: componentsOf(each),
      label: each.label,
      customer: each.customer ?? null,
      expiresAt: timeOf(each.expires_at) ?? null,
    }));
    const options = { skipKnown: skip_existing, rehearsal: dry_run };
    return { dry_run, ...(await this.keys.import(imported, options, author)) };
  }

  /** The secret behind the id: an answer is read from its beginning. */
  private async withSecret(key: Key, secret: string): Promise<CreatedKeyDto> {
    const { id, ...rest } = keyDto(key, this.clock.now());
    const setup = await this.setup.for({ components: key.components, secret });
    return { id, key: secret, ...rest, setup: setupDto(setup) };
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

/** Absent stays absent, and null stays null. */
function timeOf(text: string | null | undefined): Date | null | undefined {
  return typeof text === 'string' ? new Date(text) : text;
}

function positionOf(cursor: string) {
  const position = decodeCursor(cursor);
  if (position) return position;
  throw invalidRequest([
    { field: 'cursor', problem: 'cursor must be one that a Link header gave' },
  ]);
}

/** draft-ietf-httpapi-idempotency-key-header: an opaque text of the client's. */
function requireIdempotencyKey(text: string | undefined): string | undefined {
  if (text === undefined || /^[\x21-\x7e]{1,255}$/.test(text)) return text;
  throw invalidRequest([
    {
      field: 'Idempotency-Key',
      problem: 'Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID',
    },
  ]);
}
