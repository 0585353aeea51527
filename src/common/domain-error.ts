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
  | 'UNKNOWN_TARGET'
  | 'PROMOTION_NOT_FOUND'
  | 'FILE_NOT_FOUND'
  | 'PROMOTION_FINISHED'
  | 'NOTHING_STAGED'
  | 'NOTHING_TO_CHANGE'
  | 'PACKAGE_REFUSED'
  | 'PACKAGE_CONFLICT'
  | 'PACKAGE_WITHDRAWN'
  | 'PACKAGE_NOT_LIVE'
  | 'IMAGE_LIVE'
  | 'RELEASE_NOT_FOUND'
  | 'RELEASE_REMOVED'
  | 'SIGNING_REQUEST_NOT_FOUND'
  | 'SIGNATURE_REFUSED'
  | 'SIGNER_LOST'
  | 'SNAPSHOT_INVALID'
  | 'PUBLICATION_UNMANAGED'
  | 'PUBLISHED_DIR_SPLIT'
  | 'RELEASE_SUPERSEDED'
  | 'STAGED_FILE_CHANGED'
  | 'STAGING_UNAVAILABLE'
  | 'REGISTRY_UNAVAILABLE'
  | 'DISK_FULL'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'TOOL_MISSING'
  | 'TOOL_FAILED'
  | 'TOOL_TIMED_OUT'
  | 'DATABASE_UNAVAILABLE'
  | 'KEY_JOURNAL_UNAVAILABLE'
  | 'KEY_JOURNAL_DIVERGED'
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
