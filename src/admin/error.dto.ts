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
  @ApiProperty({ oneOf: [{ type: 'object' }, { type: 'array', items: { type: 'object' } }] })
  details?: object;
  /** Under which the log has this request. */
  request_id: string;
}
