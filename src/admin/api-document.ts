import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** The description of the admin API, from its controllers. `docs/openapi.json` is this. */
export function createApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Packyard admin API')
    .setDescription(
      'Keys and components of a Packyard installation. It answers on loopback alone: reach it through ' +
        '`ssh -L 8088:127.0.0.1:8088 deploy@HOST -N`.\n\nErrors are `{code, message, details?, request_id}`.',
    )
    .setVersion('1')
    .addServer('/', 'This listener')
    .addTag('keys', 'What subscribers hold: who may install what, and until when.')
    .addTag('components', 'What exists, and what a key can be scoped to.')
    .build();
  return SwaggerModule.createDocument(app, config);
}

/** Swagger UI at `/docs`, from files of the package alone: it needs no other host. */
export function serveApiDocument(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createApiDocument(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Packyard admin API',
    swaggerOptions: { displayRequestDuration: true, docExpansion: 'list', validatorUrl: null },
  });
}
