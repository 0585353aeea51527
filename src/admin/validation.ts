import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';

/** Checks bodies and queries against their DTO: unknown fields are refused, every mistake is named. */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: true, // of each field: the checks nearest to it run first
    exceptionFactory: (errors) => invalidRequest(errors.flatMap((error) => mistakesIn(error))),
  });
}

interface Mistake {
  readonly field: string;
  readonly problem: string;
}

export function invalidRequest(mistakes: readonly Mistake[]): DomainError {
  return new DomainError(
    'INVALID_REQUEST',
    mistakes.map(({ problem }) => `${problem}.`).join(' '),
    mistakes,
  );
}

function mistakesIn(
  { property, constraints, children = [] }: ValidationError,
  parent = '',
): Mistake[] {
  const field = parent + property;
  const own = Object.entries(constraints ?? {}).map(([check, problem]) => ({
    field,
    problem: check === 'whitelistValidation' ? `${field} is not known here` : problem,
  }));
  return [...own, ...children.flatMap((child) => mistakesIn(child, `${field}.`))];
}
