import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { createApiDocument } from './api-document.js';

/** Without the links to other sites, and without a choice of servers where there is one. */
const CSS = `
  .swagger-ui .topbar .link, .swagger-ui .scheme-container .servers,
  .swagger-ui .scheme-container .servers-title { display: none }
  .swagger-ui .scheme-container:not(:has(.authorize)) { display: none }
  .swagger-ui .topbar-wrapper { justify-content: flex-end }
  .swagger-ui .info { margin: 24px 0 }
`;

/** Swagger UI at `/docs`, from files of the package alone: it needs no other host. */
export function serveApiDocument(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createApiDocument(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Packyard admin API',
    customCss: CSS,
    swaggerOptions: {
      deepLinking: true,
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      docExpansion: 'list',
      validatorUrl: null,
    },
  });
}
