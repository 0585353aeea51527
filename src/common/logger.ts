import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

/** Injection token of the process's logger. */
export const LOGGER = Symbol('LOGGER');

/**
 * JSON lines on standard output. Nothing that is logged may hold a secret; as a second line of
 * defence these fields are cut out wherever an object that has them is logged.
 */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: [
        'authorization',
        '*.authorization',
        'password',
        '*.password',
        'secret',
        '*.secret',
        'err.parameters',
        'err.driverError.parameters',
        'err.query',
      ],
      remove: true,
    },
  });
}

/** Nest's own messages, in our log. What it says of each module at start is for debugging. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug(text(message));
  }

  warn(message: unknown): void {
    this.logger.warn(text(message));
  }

  error(message: unknown, stack?: unknown): void {
    this.logger.error({ stack: typeof stack === 'string' ? stack : undefined }, text(message));
  }
}

function text(message: unknown): string {
  return typeof message === 'string' ? message : JSON.stringify(message);
}
