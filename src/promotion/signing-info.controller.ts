import { Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { isSignedHere } from './signed-here.js';

const SIGNERS = ['server', 'signer'] as const;

/** Who signs what is promoted. */
export class SigningInfoDto {
  /**
   * `server`: the process itself, with development keys. `signer`: whoever holds the private key, with
   * `bin/packyard promote`; a promotion waits for it.
   */
  @ApiProperty({ enum: SIGNERS })
  by: (typeof SIGNERS)[number];
}

@AdminController('signing', { tag: 'promotions' })
export class SigningInfoController {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  /** Ask who signs what is promoted */
  @Get()
  @ApiOperation({ operationId: 'whoSigns' })
  @ApiOkResponse({ type: SigningInfoDto, description: 'Who does.' })
  whoSigns(): SigningInfoDto {
    return { by: isSignedHere(this.settings) ? 'server' : 'signer' };
  }
}
