import { Body, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { ReadsOnly } from '../admin/reads-only.decorator.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { Clock } from '../common/clock.js';
import { keyDto } from '../keys/key.dto.js';
import { KeyLookupDto, LookupKeyDto } from './key-lookup.dto.js';
import { DENIAL_MESSAGES, KeyLookupService } from './key-lookup.service.js';

/** The secret is one that nobody has. */
const QUESTIONS = {
  key: {
    summary: 'Which key is this?',
    value: { key: 'pky_abcdefghijklmnopqrstuvwxyz0123451nc0VA' },
  },
  request: {
    summary: 'Why is this request refused?',
    value: {
      key: 'pky_abcdefghijklmnopqrstuvwxyz0123451nc0VA',
      path: '/rpm/core/2025/el9-x86_64/repodata/repomd.xml',
    },
  },
};

@AdminController('keys/lookup', { tag: 'keys' })
export class KeyLookupController {
  constructor(
    private readonly lookup: KeyLookupService,
    private readonly clock: Clock,
  ) {}

  /**
   * Find out which key this is, and why it is refused
   *
   * @remarks For support: paste what the subscriber has, and the URL that was refused. Nothing is counted.
   */
  @Post()
  @HttpCode(200)
  @ReadsOnly()
  @ApiOperation({ operationId: 'lookUpKey' })
  @ApiBody({ type: LookupKeyDto, examples: QUESTIONS })
  @ApiOkResponse({ type: KeyLookupDto, description: 'What is known of it.' })
  @Refuses('INVALID_REQUEST', 'MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE')
  async lookUp(@Body() { key: secret, path }: LookupKeyDto): Promise<KeyLookupDto> {
    const { hint, key, deniedFor } = await this.lookup.lookUp(secret, path);
    return {
      id: key?.id ?? null,
      hint,
      key: key ? keyDto(key, this.clock.now()) : null,
      denied_for: deniedFor ? { reason: deniedFor, message: DENIAL_MESSAGES[deniedFor] } : null,
    };
  }
}
