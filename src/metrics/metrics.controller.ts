import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import { OnListener } from '../common/listener.js';

/** `GET /metrics`, on the metrics listener alone. */
@ApiExcludeController()
@Controller()
@OnListener('metrics')
export class MetricsController extends PrometheusController {
  @Get()
  override index(@Res({ passthrough: true }) response: unknown): Promise<string> {
    return super.index(response);
  }
}
