import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
  type OperationObject,
  type ParameterObject,
  type SchemaObject,
} from '@nestjs/swagger';

/** The description of the admin API, from its controllers. `docs/openapi.json` is this. */
export function createApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Packyard admin API')
    .setDescription(
      'Keys and components of a Packyard installation. It answers on loopback alone: reach it through ' +
        '`ssh -L 8088:127.0.0.1:8088 deploy@HOST -N`.\n\nErrors are `{code, message, details?, request_id}`.',
    )
    .setVersion('1')
    .setOpenAPIVersion('3.1.0') // its schemas are JSON Schema, which every validator reads; `null` is a type
    .addServer('/', 'This listener')
    .addTag('keys', 'What subscribers hold: who may install what, and until when.')
    .addTag('audit', 'Who changed what, and when.')
    .addTag('components', 'What exists, and what a key can be scoped to.')
    .addTag('status', 'Is all well?')
    .build();
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory: operationId });
  addFormats(document);
  return document;
}

/** `createKey` for `create` of `KeysController`, `listKeys` for `list`: how a generated client calls it. */
function operationId(controller: string, method: string): string {
  const subject = controller.replace(/Controller$/, '');
  return method + (method === 'list' ? subject : subject.replace(/s$/, ''));
}

/**
 * Says what the DTOs' types do not, and their names do: a time ends in `_at` or `_before`, an `id` is a
 * UUID, and no number here has a fraction.
 */
function addFormats({ components, paths }: OpenAPIObject): void {
  for (const schema of Object.values(components?.schemas ?? {}) as SchemaObject[]) {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      addFormat(name, property as SchemaObject);
    }
  }
  const operations = Object.values(paths).flatMap(
    (path) => Object.values(path) as OperationObject[],
  );
  for (const parameter of operations.flatMap(({ parameters = [] }) => parameters)) {
    const { name, schema } = parameter as ParameterObject;
    addFormat(name, schema as SchemaObject);
  }
}

function addFormat(name: string, schema: SchemaObject): void {
  const types = [schema.type].flat();
  if (types.includes('number')) {
    schema.type = Array.isArray(schema.type) ? ['integer', 'null'] : 'integer';
  }
  if (!types.includes('string')) return;
  if (/^(?:at|since|until)$|_(?:at|before)$/.test(name)) schema.format = 'date-time';
  if (name === 'id') schema.format = 'uuid';
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
