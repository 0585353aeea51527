import { Body, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { Refuses } from '../admin/refuses.decorator.js';
import { PROPAGATION_HEADER, propagationHeader } from '../changes/propagation-header.js';
import {
  ComponentDto,
  componentDto,
  ReloadCatalogueDto,
  ReloadedCatalogueDto,
} from './component.dto.js';
import { ComponentsService } from './components.service.js';

@AdminController('components')
export class ComponentsController {
  constructor(private readonly components: ComponentsService) {}

  /** The catalogue in force */
  @Get()
  list(): ComponentDto[] {
    return this.components.list().map(componentDto);
  }

  /** One component */
  @Get(':name')
  @Refuses('COMPONENT_NOT_FOUND')
  get(@Param('name') name: string): ComponentDto {
    return componentDto(this.components.get(name));
  }

  /**
   * Read the catalogue file again
   *
   * The same as SIGHUP. A file with mistakes changes nothing; the answer names all of them.
   */
  @Post('reload')
  @HttpCode(200)
  @Refuses('CATALOGUE_INVALID', 'COMPONENT_IN_USE')
  async reload(
    @Body() body: ReloadCatalogueDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReloadedCatalogueDto> {
    const { changed, components, propagation } = await this.components.reload({
      force: body?.force === true,
    });
    void reply.header(PROPAGATION_HEADER, propagationHeader(propagation));
    return { changed, components: components.map(componentDto) };
  }
}
