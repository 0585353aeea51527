/** Every way in which the admin API refuses or fails. The code is the stable part; clients switch on it. */
export type ErrorCode =
  | 'INVALID_REQUEST'
  | 'MALFORMED_JSON'
  | 'UNKNOWN_COMPONENT'
  | 'FOREIGN_PEER'
  | 'FOREIGN_HOST'
  | 'FOREIGN_ORIGIN'
  | 'TOKEN_REQUIRED'
  | 'READONLY_TOKEN'
  | 'ROUTE_NOT_FOUND'
  | 'KEY_NOT_FOUND'
  | 'KEY_ALREADY_CREATED'
  | 'KEY_REVOKED'
  | 'KEY_EXPIRED'
  | 'ROTATION_IN_PROGRESS'
  | 'NO_ROTATION'
  | 'IMPORT_REFUSED'
  | 'COMPONENT_NOT_FOUND'
  | 'COMPONENT_IN_USE'
  | 'CATALOGUE_INVALID'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'DATABASE_UNAVAILABLE'
  | 'INTERNAL_ERROR';

/** A refusal in words: what is wrong and what to do. `admin/error-filter.ts` turns it into HTTP. */
export class DomainError extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details?: unknown,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
