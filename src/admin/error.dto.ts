/** How the admin API refuses and fails. */
export class ErrorDto {
  /**
   * Stable; to be switched on.
   * @example KEY_NOT_FOUND
   */
  code: string;
  /** What is wrong, and what to do. */
  message: string;
  /** What else is known, in a form that depends on the code. */
  details?: object;
  /** Under which the log has this request. */
  request_id: string;
}
