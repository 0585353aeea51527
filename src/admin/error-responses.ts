import { getSchemaPath, type ApiResponseOptions } from '@nestjs/swagger';
import type { ErrorCode } from '../common/domain-error.js';
import { ERROR_STATUSES } from '../common/error-statuses.js';
import { ErrorDto } from './error.dto.js';
import { ERROR_EXAMPLES } from './error-examples.js';

type ErrorResponse = Pick<Extract<ApiResponseOptions, { content?: unknown }>, 'content'> & {
  readonly description: string;
};

const REQUEST_ID = '5b0f6c1e-6f0c-4a55-9d6c-0d1b1f6f3f0a';

/** The description of these errors: a response for each of their statuses, with an example for each code. */
export function errorResponses(codes: readonly ErrorCode[]): Map<number, ErrorResponse> {
  const responses = new Map<number, ErrorResponse>();
  for (const status of new Set(codes.map((code) => ERROR_STATUSES[code].status))) {
    const ofThisStatus = codes.filter((code) => ERROR_STATUSES[code].status === status);
    responses.set(status, {
      description: ofThisStatus
        .map((code) => `\`${code}\`: ${ERROR_STATUSES[code].meaning}`)
        .join('\n\n'),
      content: {
        'application/json': {
          schema: { $ref: getSchemaPath(ErrorDto) },
          examples: Object.fromEntries(ofThisStatus.map((code) => [code, exampleOf(code)])),
        },
      },
    });
  }
  return responses;
}

function exampleOf(code: ErrorCode) {
  return { value: { code, ...ERROR_EXAMPLES[code], request_id: REQUEST_ID } };
}
