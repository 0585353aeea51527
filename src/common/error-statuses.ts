import type { Level } from 'pino';
import type { ErrorCode } from './domain-error.js';

/** What HTTP says of each error, and how loudly the log does. The compiler checks that none is missing. */
export const ERROR_STATUSES: Record<
  ErrorCode,
  { readonly status: number; readonly level: Level; readonly meaning: string }
> = {
  INVALID_REQUEST: {
    status: 400,
    level: 'info',
    meaning: 'A field is missing, unknown or of the wrong form; `details` names each.',
  },
  MALFORMED_JSON: { status: 400, level: 'info', meaning: 'The body is not JSON.' },
  FOREIGN_PEER: {
    status: 403,
    level: 'warn',
    meaning: 'The connection comes from an address that is not in ADMIN_ALLOWED_CIDRS.',
  },
  FOREIGN_HOST: {
    status: 403,
    level: 'warn',
    meaning: 'The `Host` is not one of ADMIN_ALLOWED_HOSTS.',
  },
  FOREIGN_ORIGIN: {
    status: 403,
    level: 'warn',
    meaning: 'A page of another site sent this request.',
  },
  TOKEN_REQUIRED: {
    status: 401,
    level: 'warn',
    meaning: 'ADMIN_TOKENS_FILE is set, and the request has no token of it.',
  },
  READONLY_TOKEN: {
    status: 403,
    level: 'warn',
    meaning: 'The token has the role `readonly`, and this changes something.',
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    level: 'info',
    meaning: 'There is no such path, or not with this method.',
  },
  KEY_NOT_FOUND: { status: 404, level: 'info', meaning: 'There is no key with this id.' },
  COMPONENT_NOT_FOUND: {
    status: 404,
    level: 'info',
    meaning: 'The catalogue has no component of this name.',
  },
  KEY_ALREADY_CREATED: {
    status: 409,
    level: 'info',
    meaning: 'A key was made with this `Idempotency-Key` before; `details` has its id.',
  },
  KEY_REVOKED: {
    status: 409,
    level: 'info',
    meaning: 'The key was revoked, which is for good.',
  },
  KEY_EXPIRED: {
    status: 409,
    level: 'info',
    meaning: 'The key has expired: give it another `expires_at` first.',
  },
  ROTATION_IN_PROGRESS: {
    status: 409,
    level: 'info',
    meaning: 'Two secrets of the key work already; `details` says until when.',
  },
  NO_ROTATION: {
    status: 409,
    level: 'info',
    meaning: 'There is no newer secret of the key to replace.',
  },
  COMPONENT_IN_USE: {
    status: 409,
    level: 'info',
    meaning: 'Live keys use a component that the new catalogue lacks; `details` lists them.',
  },
  UNKNOWN_TARGET: {
    status: 422,
    level: 'info',
    meaning: 'The catalogue has no such series, format or target; `details` lists those it has.',
  },
  PROMOTION_NOT_FOUND: {
    status: 404,
    level: 'info',
    meaning: 'There is no promotion with this id.',
  },
  FILE_NOT_FOUND: {
    status: 404,
    level: 'info',
    meaning: 'The snapshot has no such file.',
  },
  PROMOTION_FINISHED: {
    status: 409,
    level: 'info',
    meaning: 'The promotion has ended, or is live by now.',
  },
  NOTHING_STAGED: {
    status: 409,
    level: 'info',
    meaning: 'Nothing that is complete waits in staging, or all of it is live already.',
  },
  NOTHING_TO_CHANGE: {
    status: 409,
    level: 'info',
    meaning: 'What is live is what it would become.',
  },
  PACKAGE_REFUSED: {
    status: 422,
    level: 'info',
    meaning: 'A staged file is not what it says, or does not belong where it was staged.',
  },
  PACKAGE_CONFLICT: {
    status: 409,
    level: 'info',
    meaning: 'A package of this name or version is live with other content; `details` lists them.',
  },
  PACKAGE_WITHDRAWN: {
    status: 409,
    level: 'info',
    meaning: 'The release holds what was withdrawn since; `details` lists it.',
  },
  PACKAGE_NOT_LIVE: {
    status: 409,
    level: 'info',
    meaning: 'A package that is to be withdrawn is not live; `details` lists them.',
  },
  IMAGE_LIVE: {
    status: 409,
    level: 'info',
    meaning: 'An image that a series names now is not withdrawn; it has to go back first.',
  },
  RELEASE_NOT_FOUND: {
    status: 404,
    level: 'info',
    meaning: 'There is no release with this id.',
  },
  RELEASE_REMOVED: {
    status: 409,
    level: 'info',
    meaning: 'The release is no longer kept.',
  },
  SIGNING_REQUEST_NOT_FOUND: {
    status: 404,
    level: 'info',
    meaning: 'The promotion does not wait for this signature.',
  },
  SIGNATURE_REFUSED: {
    status: 422,
    level: 'warn',
    meaning: 'The signature does not verify by the public key, or is over something else.',
  },
  SIGNER_LOST: {
    status: 409,
    level: 'warn',
    meaning: 'The signer was not heard of for SIGNING_TIMEOUT.',
  },
  PUBLICATION_UNMANAGED: {
    status: 409,
    level: 'warn',
    meaning: 'What is live there was put there by hand, and is not replaced.',
  },
  PUBLISHED_DIR_SPLIT: {
    status: 500,
    level: 'error',
    meaning: 'The published tree lies on more than one mount.',
  },
  RELEASE_SUPERSEDED: {
    status: 409,
    level: 'warn',
    meaning: 'Another release went live meanwhile; promote again, from that one.',
  },
  SNAPSHOT_INVALID: {
    status: 500,
    level: 'error',
    meaning: 'What was built is not what a client could use; nothing of it is live.',
  },
  STAGED_FILE_CHANGED: {
    status: 409,
    level: 'warn',
    meaning:
      'A staged file is gone, or is not the one whose size and SHA-256 were known before; stage it again.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    level: 'info',
    meaning: 'The body is larger than this API takes.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    level: 'info',
    meaning: 'The body is not `application/json`.',
  },
  UNKNOWN_COMPONENT: {
    status: 422,
    level: 'info',
    meaning: 'The catalogue has no such component; `details` lists those it has.',
  },
  IMPORT_REFUSED: {
    status: 422,
    level: 'info',
    meaning: 'Keys of the list cannot be taken, so none was; `details` names each mistake.',
  },
  CATALOGUE_INVALID: {
    status: 422,
    level: 'warn',
    meaning: 'The catalogue file has mistakes; `details` lists all of them with their places.',
  },
  DISK_FULL: {
    status: 507,
    level: 'error',
    meaning: 'The disk has no space left; what is live was not changed.',
  },
  TOOL_MISSING: {
    status: 503,
    level: 'error',
    meaning: 'This server lacks a program that is needed; `details` has its Debian package.',
  },
  TOOL_FAILED: {
    status: 500,
    level: 'error',
    meaning: 'A program that was run for this has failed; `details` has what it said.',
  },
  TOOL_TIMED_OUT: {
    status: 500,
    level: 'error',
    meaning: 'A program that was run for this took too long and was stopped.',
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    level: 'error',
    meaning:
      'The database does not answer; nothing was changed unless a later look shows that it was.',
  },
  KEY_JOURNAL_UNAVAILABLE: {
    status: 503,
    level: 'error',
    meaning:
      'The folder KEY_JOURNAL_DIR cannot be written. Nothing was changed, but for a revocation: that is made, and the message says so.',
  },
  KEY_JOURNAL_DIVERGED: {
    status: 503,
    level: 'error',
    meaning:
      'The database and its key journal have gone different ways; the message says what to do.',
  },
  STAGING_UNAVAILABLE: {
    status: 503,
    level: 'error',
    meaning:
      'The staging folder or server cannot be used; the message names the setting that it is about.',
  },
  REGISTRY_UNAVAILABLE: {
    status: 503,
    level: 'error',
    meaning:
      'The registry of container images cannot be used; the message names the setting that it is about.',
  },
  INTERNAL_ERROR: {
    status: 500,
    level: 'error',
    meaning: 'A fault of ours; the log has it under `request_id`.',
  },
};
