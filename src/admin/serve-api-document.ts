import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { createApiDocument } from './api-document.js';

/** Swagger UI at `/docs`, from files of the package alone: it needs no other host. */
export function serveApiDocument(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createApiDocument(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Packyard admin API',
    swaggerOptions: { displayRequestDuration: true, docExpansion: 'list', validatorUrl: null },
  });
}
