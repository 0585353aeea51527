import { Body, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AdminController } from '../admin/admin-controller.decorator.js';
import { PROPAGATION } from '../admin/documented-headers.js';
import { RequestAuthor } from '../admin/request-author.js';
import { Refuses } from '../admin/refuses.decorator.js';
import type { Author } from '../audit/audit-event.js';
import { PROPAGATION_HEADER, propagationHeader } from '../changes/propagation-header.js';
import { PublishedService } from '../published/published.service.js';
import type { Component } from './catalogue.js';
import {
  ComponentDto,
  componentDto,
  ReloadCatalogueDto,
  ReloadedCatalogueDto,
} from './component.dto.js';
import { ComponentsService } from './components.service.js';

const RELOADS = {
  careful: { summary: 'Unless live keys lose a component by it', value: { force: false } },
  forced: { summary: 'Even if live keys lose a component by it', value: { force: true } },
};

@AdminController('components')
export class ComponentsController {
  constructor(
    private readonly components: ComponentsService,
    private readonly published: PublishedService,
  ) {}

  /** List the components of the catalogue in force, with what is published of each */
  @Get()
  @ApiOkResponse({ type: [ComponentDto], description: 'All of them, in the order of the file.' })
  list(): Promise<ComponentDto[]> {
    return Promise.all(this.components.list().map((component) => this.describe(component)));
  }

  /** Look at a component */
  @Get(':name')
  @ApiOkResponse({ type: ComponentDto, description: 'The component.' })
  @Refuses('COMPONENT_NOT_FOUND')
  async get(@Param('name') name: string): Promise<ComponentDto> {
    return this.describe(this.components.get(name));
  }

  /**
   * Read the catalogue file again
   *
   * @remarks The same as SIGHUP. A file with mistakes changes nothing; the answer names all of them.
   */
  @Post('reload')
  @HttpCode(200)
  @ApiOperation({ operationId: 'reloadCatalogue' })
  @ApiBody({ type: ReloadCatalogueDto, required: false, examples: RELOADS })
  @ApiOkResponse({
    type: ReloadedCatalogueDto,
    description: 'The catalogue in force.',
    headers: PROPAGATION,
  })
  @Refuses(
    'INVALID_REQUEST',
    'MALFORMED_JSON',
    'UNSUPPORTED_MEDIA_TYPE',
    'CATALOGUE_INVALID',
    'COMPONENT_IN_USE',
    'KEY_JOURNAL_UNAVAILABLE',
    'KEY_JOURNAL_DIVERGED',
  )
  async reload(
    @Body() body: ReloadCatalogueDto,
    @RequestAuthor() author: Author,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReloadedCatalogueDto> {
    const { changed, components, affected, propagation } = await this.components.reload(
      { force: body?.force === true },
      author,
    );
    void reply.header(PROPAGATION_HEADER, propagationHeader(propagation));
    return {
      changed,
      components: await Promise.all(components.map((component) => this.describe(component))),
      affected_keys: affected.map((key) => ({ ...key, components: [...key.components] })),
    };
  }

  private async describe(component: Component): Promise<ComponentDto> {
    return componentDto(component, await this.published.of(component));
  }
}
