import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { ErrorCode } from '../common/domain-error.js';
import { ERROR_STATUSES } from '../common/error-statuses.js';
import { ErrorDto } from './error.dto.js';

/** Documents with which errors a route may answer, from the table that makes the answers. */
export function Refuses(...codes: ErrorCode[]): ClassDecorator & MethodDecorator {
  const statuses = [...new Set(codes.map((code) => ERROR_STATUSES[code].status))];
  return applyDecorators(
    ApiExtraModels(ErrorDto),
    ...statuses.map((status) => {
      const ofThisStatus = codes.filter((code) => ERROR_STATUSES[code].status === status);
      return ApiResponse({
        status,
        description: ofThisStatus
          .map((code) => `\`${code}\`: ${ERROR_STATUSES[code].meaning}`)
          .join('\n\n'),
        content: { 'application/json': { schema: { $ref: getSchemaPath(ErrorDto) } } },
      });
    }),
  );
}
