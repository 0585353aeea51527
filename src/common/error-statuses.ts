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
  DATABASE_UNAVAILABLE: {
    status: 503,
    level: 'error',
    meaning:
      'The database does not answer; nothing was changed unless a later look shows that it was.',
  },
  INTERNAL_ERROR: {
    status: 500,
    level: 'error',
    meaning: 'A fault of ours; the log has it under `request_id`.',
  },
};
