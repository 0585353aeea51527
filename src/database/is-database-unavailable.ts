/** Of the system and of PostgreSQL (appendix A): no connection, shutting down, starting up, out of connections. */
const UNAVAILABLE_CODES =
  /^(?:ECONN\w+|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08\w{3}|57P0\d|53\d{3}|25006)$/;

/** Said by `pg` without a code. */
const UNAVAILABLE_MESSAGES =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

/** Did this fail because the database cannot be had, and not because of what it was asked? */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  const isQueryOrSocket =
    'driverError' in error || 'severity' in error || 'syscall' in error || error.name === 'Error';
  return (
    (isQueryOrSocket && typeof code === 'string' && UNAVAILABLE_CODES.test(code)) ||
    UNAVAILABLE_MESSAGES.test(error.message) ||
    (error instanceof AggregateError && error.errors.some(isDatabaseUnavailable))
  );
}
