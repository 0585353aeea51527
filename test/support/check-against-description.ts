import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type {
  HeaderObject,
  OpenAPIObject,
  OperationObject,
  ResponseObject,
  SchemaObject,
} from '@nestjs/swagger';

/** What the admin listener answered. */
export interface Answer {
  readonly method: string;
  /** As it was asked for, a query included. */
  readonly path: string;
  readonly status: number;
  /** Their names in lower case. */
  readonly headers: Record<string, string>;
  readonly text: string;
}

/** Headers of HTTP, of the connection and for browsers, which say nothing of this API. */
const GENERAL_HEADERS =
  /^(?:connection|content-(?:length|type)|date|keep-alive|transfer-encoding|cache-control|content-security-policy|cross-origin-[a-z-]+|referrer-policy|x-content-type-options|x-frame-options)$/;

const description = closed(
  JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as OpenAPIObject,
) as OpenAPIObject;

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
ajv.addVocabulary(['example', ...Object.keys(description)]); // what OpenAPI has and JSON Schema has not
ajv.addSchema(description, 'api');
const isError = validatorOf('api#/components/schemas/ErrorDto');

/**
 * Holds an answer of the admin listener against docs/openapi.json: its status, its media type, every
 * field of its body and every header of its own must be described there. A path or method that is not
 * described may be answered with an error alone.
 *
 * @throws Error saying what is not described
 */
export function checkAgainstDescription(answer: Answer): void {
  const fail = (problem: string): never => {
    throw new Error(
      `${answer.method} ${answer.path} was answered with ${answer.status} ${answer.text.slice(0, 500)}\n` +
        `${problem}\ndocs/openapi.json is written by \`npm run build && npm run docs\`.`,
    );
  };
  const check = (value: unknown, isValid: ValidateFunction, what: string) => {
    if (!isValid(value))
      fail(`${what} is not what the description says: ${ajv.errorsText(isValid.errors)}`);
  };
  const hasBody = answer.method !== 'HEAD';

  const found = operationOf(answer);
  if (!found) {
    if (answer.path.startsWith('/api/') && answer.status < 400)
      fail('The description has no such operation.');
    if (answer.status >= 400 && hasBody) check(JSON.parse(answer.text), isError, 'The error');
    return;
  }
  const { pointer, operation } = found;
  const response = operation.responses[answer.status] as ResponseObject | undefined;
  if (!response) return fail('The description does not have this status.');
  const here = `${pointer}/responses/${answer.status}`;

  const [mediaType = ''] = (answer.headers['content-type'] ?? '').split(';');
  const mediaTypes = Object.keys(response.content ?? {});
  if (mediaTypes.length === 0 ? mediaType !== '' : !mediaTypes.includes(mediaType))
    fail(`The description does not have the media type "${mediaType}".`);
  if (mediaTypes.length === 0 && answer.text !== '') fail('The description has no body.');
  if (mediaType === 'application/json' && hasBody) {
    const body: unknown = JSON.parse(answer.text);
    check(body, validatorOf(`${here}/content/application~1json/schema`), 'The body');
    const codes = Object.keys(response.content?.[mediaType]?.examples ?? {});
    const { code } = body as { code?: string };
    if (answer.status >= 400 && !codes.includes(code!))
      fail(`The description of this status does not have the code ${code}.`);
  }

  const described = Object.entries(response.headers ?? {}) as [string, HeaderObject][];
  for (const [name, { required }] of described) {
    const value = answer.headers[name.toLowerCase()];
    if (value === undefined && required) fail(`The header ${name} is missing.`);
    if (value !== undefined)
      check(value, validatorOf(`${here}/headers/${name}/schema`), `The header ${name}`);
  }
  const known = described.map(([name]) => name.toLowerCase());
  for (const name of Object.keys(answer.headers)) {
    if (!known.includes(name) && !GENERAL_HEADERS.test(name))
      fail(`The description does not have the header ${name}.`);
  }
}

/** The operation that a request is for, and where the description has it. A path without parameters goes first. */
function operationOf({
  method,
  path,
}: Answer): { pointer: string; operation: OperationObject } | undefined {
  const [asked = ''] = path.split('?');
  const key = (method === 'HEAD' ? 'GET' : method).toLowerCase() as 'get';
  const template = Object.keys(description.paths)
    .sort((one, other) => one.split('{').length - other.split('{').length)
    .filter((each) => description.paths[each]![key])
    .find((each) => new RegExp(`^${each.replace(/\{\w+\}/g, '[^/]+')}$`).test(asked));
  if (template === undefined) return undefined;
  return {
    pointer: `api#/paths/${encodeURIComponent(template.replaceAll('/', '~1'))}/${key}`,
    operation: description.paths[template]![key]!,
  };
}

function validatorOf(pointer: string): ValidateFunction {
  return ajv.getSchema(pointer) ?? ajv.compile({ $ref: pointer });
}

/** With every object closed: what the description does not name, an answer must not have. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, key === 'examples' ? value : closed(value)]),
  );
  const { type, properties, additionalProperties } = copy as SchemaObject;
  return type === 'object' && properties && additionalProperties === undefined
    ? { ...copy, additionalProperties: false }
    : copy;
}
