import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
  type OperationObject,
  type ParameterObject,
  type ResponseObject,
  type SchemaObject,
} from '@nestjs/swagger';
import type { ErrorCode } from '../common/domain-error.js';
import { CHALLENGE } from './documented-headers.js';
import { ErrorDto } from './error.dto.js';
import { errorResponses } from './error-responses.js';

const DESCRIPTION = `
What an operator does with a Packyard installation. It answers on loopback alone: reach it through
\`ssh -L 8088:127.0.0.1:8088 deploy@HOST -N\`.

- **Bodies** are JSON (\`Content-Type: application/json\`); a field that is not described here is refused.
- **Errors** are \`{code, message, details?, request_id}\`. Switch on \`code\`; \`message\` says what to do.
- **Lists** are arrays of at most \`limit\`. Where there is more, the \`Link\` header has the next page.
- **Times** have a zone (RFC 3339), and are answered in UTC.
`.trim();

/** In the order in which they are read; those that no route has are left out. */
const TAGS: Record<string, string> = {
  keys: 'What subscribers hold: who may install what, and until when.',
  components: 'What exists, and what a key can be scoped to.',
  staging: 'What CI has staged, and what of it waits to be promoted.',
  promotions: 'How packages go live: checked, signed, and switched in one step.',
  releases: 'What was live when, and the ways back.',
  audit: 'Who changed what, and when.',
  status: 'Is all well?',
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** A body is read, and refused, before the route sees it. */
const ERRORS_OF_A_BODY: ErrorCode[] = [
  'INVALID_REQUEST',
  'MALFORMED_JSON',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
];
const ERRORS_OF_EVERY_ROUTE: ErrorCode[] = [
  'FOREIGN_PEER',
  'FOREIGN_HOST',
  'FOREIGN_ORIGIN',
  'TOKEN_REQUIRED',
  'DATABASE_UNAVAILABLE',
  'INTERNAL_ERROR',
];

/** The description of the admin API, from its controllers. `docs/openapi.json` is this. */
export function createApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Packyard admin API')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    // Its schemas are JSON Schema, which every validator reads: `null` is a type like others.
    .setOpenAPIVersion('3.1.0')
    .addServer('/', 'This listener')
    .addSecurity('bearer', {
      type: 'http',
      scheme: 'bearer',
      description: 'A token, where ADMIN_TOKENS_FILE is set.',
    })
    .addSecurity('basic', {
      type: 'http',
      scheme: 'basic',
      description: 'The same token as the password; the user name is not judged.',
    })
    .addSecurityRequirements({}) // where ADMIN_TOKENS_FILE is not set, none is needed
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('basic')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: operationId,
    extraModels: [ErrorDto],
  });
  addTags(document);
  addFormats(document);
  addErrors(document);
  addLinks(document);
  closeBodies(document);
  return document;
}

/** `createKey` for `create` of `KeysController`, `listKeys` for `list`: how a generated client calls it. */
function operationId(controller: string, method: string): string {
  const subject = controller.replace(/Controller$/, '');
  return method + (method === 'list' ? subject : subject.replace(/(?<![su])s$/, ''));
}

function addTags(document: OpenAPIObject): void {
  const used = new Set(operationsOf(document).flatMap(({ operation }) => operation.tags ?? []));
  document.tags = Object.entries(TAGS)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }));
}

/**
 * Says what the DTOs' types do not, and their names do: a time ends in `_at` or `_before`, an `id` without
 * a pattern of its own is a UUID, and no number here has a fraction. What can be null is so in an example made of the schema.
 */
function addFormats(document: OpenAPIObject): void {
  for (const schema of Object.values(document.components?.schemas ?? {}) as SchemaObject[]) {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      addFormat(name, property as SchemaObject);
    }
  }
  for (const { operation } of operationsOf(document)) {
    for (const parameter of (operation.parameters ?? []) as ParameterObject[]) {
      addFormat(parameter.name, parameter.schema as SchemaObject);
    }
  }
}

function addFormat(name: string, schema: SchemaObject): void {
  const types = [schema.type].flat();
  if (types.includes('null')) schema.example ??= null;
  if (types.includes('number')) {
    schema.type = Array.isArray(schema.type) ? ['integer', 'null'] : 'integer';
  }
  if (!types.includes('string')) return;
  if (/^(?:at|since|until)$|_(?:at|before)$/.test(name)) schema.format = 'date-time';
  if (/^(?:day|from|to)$/.test(name)) schema.format = 'date';
  if (/^(?:id|request_id)$/.test(name) && !schema.pattern) schema.format = 'uuid';
}

/** Adds to each route's own errors, which are known by their examples, those that are not of its making. */
function addErrors(document: OpenAPIObject): void {
  for (const { method, operation } of operationsOf(document)) {
    const own = Object.values(operation.responses).flatMap((response) =>
      Object.keys((response as ResponseObject).content?.['application/json']?.examples ?? {}),
    );
    const codes = new Set<ErrorCode>([
      ...(operation.parameters?.length ? (['INVALID_REQUEST'] as const) : []),
      ...(method === 'get' ? [] : [...ERRORS_OF_A_BODY, 'READONLY_TOKEN' as const]),
      ...(own as ErrorCode[]),
      ...ERRORS_OF_EVERY_ROUTE,
    ]);
    for (const [status, response] of errorResponses([...codes])) {
      operation.responses[status] = status === 401 ? { ...response, headers: CHALLENGE } : response;
    }
  }
}

/** What was made at a path is looked at and changed below it: so a reader, and a fuzzer, finds out how. */
function addLinks({ paths }: OpenAPIObject): void {
  for (const [path, { post }] of Object.entries(paths)) {
    const created = post?.responses['201'] as ResponseObject | undefined;
    const below = paths[`${path}/{id}`];
    if (!created || !below) continue;
    created.links = Object.fromEntries(
      METHODS.flatMap((method) => below[method] ?? []).map(({ operationId, summary }) => [
        operationId!,
        { operationId, description: summary, parameters: { id: '$response.body#/id' } },
      ]),
    );
  }
}

/** The schemas of bodies say that unknown fields are refused. */
function closeBodies(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, SchemaObject>;
  const close = (schema: unknown): void => {
    const reference = /"#\/components\/schemas\/(\w+)"/g;
    for (const [, name] of JSON.stringify(schema ?? {}).matchAll(reference)) {
      const named = schemas[name!]!;
      if (named.additionalProperties === undefined) {
        named.additionalProperties = false;
        close(named);
      }
    }
  };
  for (const { operation } of operationsOf(document)) close(operation.requestBody);
}

function operationsOf({ paths }: OpenAPIObject) {
  return Object.values(paths).flatMap((path) =>
    METHODS.flatMap((method) => {
      const operation: OperationObject | undefined = path[method];
      return operation ? [{ method, operation }] : [];
    }),
  );
}
