import {
  Catch,
  HttpException,
  Inject,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { isDatabaseUnavailable } from '../database/is-database-unavailable.js';
import { DomainError, type ErrorCode } from '../common/domain-error.js';
import { ERROR_STATUSES } from '../common/error-statuses.js';
import { LOGGER } from '../common/logger.js';

/** Turns whatever was thrown into `{code, message, details?, request_id}`, and logs it as its code deserves. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();

    const { code, message, details } = toDomainError(exception);
    const { status, level } = ERROR_STATUSES[code];
    this.logger[level](
      {
        request_id: request.id,
        method: request.method,
        path: request.url.split('?')[0],
        code,
        ...(level === 'error' && { err: exception }),
      },
      'request refused',
    );
    void reply.status(status).send({ code, message, details, request_id: request.id });
  }
}

/** Fastify's own errors, by the status that they carry. */
const FRAMEWORK_ERRORS: Partial<Record<number, { code: ErrorCode; message: string }>> = {
  404: {
    code: 'ROUTE_NOT_FOUND',
    message:
      'There is no such path, or not with this method. GET /docs/openapi.json lists those there are.',
  },
  413: { code: 'BODY_TOO_LARGE', message: 'The body is larger than 1 MiB. Send less at once.' },
  415: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    message: 'A body must be JSON: set Content-Type: application/json.',
  },
};

function toDomainError(exception: unknown): DomainError {
  if (exception instanceof DomainError) return exception;
  if (isDatabaseUnavailable(exception)) {
    return new DomainError(
      'DATABASE_UNAVAILABLE',
      'The database does not answer. Subscribers are served from memory meanwhile; try again shortly.',
    );
  }
  const status = statusOf(exception);
  const known = FRAMEWORK_ERRORS[status];
  if (known) return new DomainError(known.code, known.message);
  if (isJsonError(exception)) {
    return new DomainError(
      'MALFORMED_JSON',
      'The body is not JSON. Check its quotes and commas; without a body, leave out Content-Type.',
    );
  }
  if (status >= 400 && status < 500 && exception instanceof Error) {
    return new DomainError('INVALID_REQUEST', exception.message);
  }
  return new DomainError(
    'INTERNAL_ERROR',
    'This is a fault of ours. The log has it under this request_id.',
  );
}

/** Fastify's parser: what is no JSON, nothing at all, or a `__proto__` meant to poison. */
function isJsonError(exception: unknown): boolean {
  // Nest wraps what Fastify threw.
  const original = exception instanceof HttpException ? exception.cause : exception;
  const { code } = (original ?? {}) as { code?: unknown };
  return (
    original instanceof SyntaxError ||
    code === 'FST_ERR_CTP_INVALID_JSON_BODY' ||
    code === 'FST_ERR_CTP_EMPTY_JSON_BODY'
  );
}

function statusOf(exception: unknown): number {
  if (exception instanceof HttpException) return exception.getStatus();
  const status = (exception as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : 500;
}
