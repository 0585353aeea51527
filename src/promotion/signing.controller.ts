import {
  Body,
  Get,
  HttpCode,
  Param,
  ParseIntPipe,
  Put,
  Query,
  StreamableFile,
} from '@nestjs/common';
import {
  ApiBody,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '@nestjs/swagger';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { invalidRequest } from '../admin/validation.js';
import { PROMOTION_ID } from './promotion-id.pipe.js';
import { SignatureDto, SigningRequestDto, signingRequestDto } from './signing-request.dto.js';
import { SnapshotPathDto } from './snapshot-path.dto.js';
import { SigningService } from './signing.service.js';

const N = new ParseIntPipe({
  exceptionFactory: () =>
    invalidRequest([
      { field: 'n', problem: 'n must be a number, as the list of signing requests shows it' },
    ]),
});

@AdminController('promotions/:id', { tag: 'promotions' })
export class SigningController {
  constructor(private readonly signing: SigningService) {}

  /**
   * List what waits for a signature
   *
   * @remarks For the signer, which is taken to be there as long as it asks.
   */
  @Get('signing-requests')
  @ApiOperation({ operationId: 'listSigningRequests' })
  @ApiOkResponse({ type: [SigningRequestDto], description: 'All of them, signed or not.' })
  @Refuses('INVALID_REQUEST', 'PROMOTION_NOT_FOUND')
  async list(@Param('id', PROMOTION_ID) id: string): Promise<SigningRequestDto[]> {
    return (await this.signing.requests(id)).map(signingRequestDto);
  }

  /**
   * Hand in a signature
   *
   * @remarks It is checked against the public key at once. The same thing signed again changes nothing.
   */
  @Put('signing-requests/:n')
  @HttpCode(204)
  @ApiOperation({ operationId: 'sign' })
  @ApiBody({
    type: SignatureDto,
    examples: { armoured: { summary: 'In base64', value: { signature: 'LS0tLS1CRUdJTiBQR1A=' } } },
  })
  @ApiParam({ name: 'n', schema: { type: 'integer', minimum: 1 } })
  @ApiNoContentResponse({ description: 'It verifies, and is kept.' })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'PROMOTION_NOT_FOUND',
    'SIGNING_REQUEST_NOT_FOUND',
    'SIGNATURE_REFUSED',
    'BODY_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
  )
  async sign(
    @Param('id', PROMOTION_ID) id: string,
    @Param('n', N) n: number,
    @Body() { signature }: SignatureDto,
  ): Promise<void> {
    await this.signing.sign(id, n, Buffer.from(signature, 'base64'));
  }

  /**
   * Read a file of the snapshot that is being built
   *
   * @remarks For the signer, which looks at all that its signature stands for.
   */
  @Get('snapshot')
  @ApiOperation({ operationId: 'readSnapshot' })
  @ApiOkResponse({
    description: 'Its bytes.',
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  })
  @Refuses('INVALID_REQUEST', 'PROMOTION_NOT_FOUND', 'FILE_NOT_FOUND')
  async read(
    @Param('id', PROMOTION_ID) id: string,
    @Query() { path }: SnapshotPathDto,
  ): Promise<StreamableFile> {
    return new StreamableFile(await this.signing.openSnapshot(id, path));
  }
}
