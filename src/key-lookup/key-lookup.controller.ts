import { Body, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { ReadsOnly } from '../admin/reads-only.decorator.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { Clock } from '../common/clock.js';
import { keyDto } from '../keys/key.dto.js';
import { KeyLookupDto, LookupKeyDto } from './key-lookup.dto.js';
import { DENIAL_MESSAGES, KeyLookupService } from './key-lookup.service.js';

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
