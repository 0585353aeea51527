import { isNativeError } from 'node:util/types';

/** Of the system and of PostgreSQL (appendix A): no connection, shutting down, starting up, out of connections. */
const UNAVAILABLE_CODES =
  /^(?:ECONN\w+|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08\w{3}|57P0\d|53\d{3}|25006)$/;

/** Said by `pg` without a code. */
const UNAVAILABLE_MESSAGES =
  /^(?:Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

/** Did this fail because the database cannot be had, and not because of what it was asked? */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  const { code, syscall, errors } = error as {
    code?: unknown;
    syscall?: unknown;
    errors?: unknown;
  };
  if (code === 'ENOENT' && syscall !== 'connect') return false; // a file, and no socket
  const isQueryOrSocket =
    'driverError' in error || 'severity' in error || 'syscall' in error || error.name === 'Error';
  return (
    (isQueryOrSocket && typeof code === 'string' && UNAVAILABLE_CODES.test(code)) ||
    UNAVAILABLE_MESSAGES.test(error.message) ||
    (Array.isArray(errors) && errors.some(isDatabaseUnavailable)) // of each address of a name
  );
}
