import { Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { StatusDto, statusDto } from './status.dto.js';
import { StatusService } from './status.service.js';

@AdminController('status')
export class StatusController {
  constructor(private readonly status: StatusService) {}

  /**
   * Look at how everything is
   *
   * @remarks It answers 200 whatever is the matter: each part says its own trouble, `warnings` what to do
   * about it, and what needs a database that does not answer is null. The page at `/` shows the same.
   */
  @Get()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ operationId: 'getStatus' })
  @ApiOkResponse({ type: StatusDto, description: 'The state of things, read now.' })
  async get(): Promise<StatusDto> {
    return statusDto(await this.status.report());
  }
}
