import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { ErrorCode } from '../common/domain-error.js';
import { errorResponses } from './error-responses.js';

/** Documents with which errors of its own a route may answer; `api-document.ts` adds those of every route. */
export function Refuses(...codes: ErrorCode[]): ClassDecorator & MethodDecorator {
  return applyDecorators(
    ...[...errorResponses(codes)].map(([status, response]) => ApiResponse({ status, ...response })),
  );
}
