import { ApiProperty } from '@nestjs/swagger';
import { ERROR_STATUSES } from '../common/error-statuses.js';

/** How the admin API refuses and fails. */
export class ErrorDto {
  /**
   * Stable; to be switched on.
   * @example KEY_NOT_FOUND
   */
  @ApiProperty({ enum: Object.keys(ERROR_STATUSES) })
  code: string;
  /** What is wrong, and what to do. */
  @ApiProperty()
  message: string;
  /** What else is known, in a form that depends on the code. */
  @ApiProperty({
    oneOf: [
      { type: 'object', additionalProperties: true },
      { type: 'array', items: { type: 'object', additionalProperties: true } },
    ],
  })
  details?: object;
  /**
   * Under which the log has this request.
   * @example 5b0f6c1e-6f0c-4a55-9d6c-0d1b1f6f3f0a
   */
  request_id: string;
}
