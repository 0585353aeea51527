import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';

/** Checks bodies and queries against their DTO: unknown fields are refused, every mistake is named. */
export function createValidationPipe(): ValidationPipe {
  return new BodyValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: true, // of each field: the checks nearest to it run first
    exceptionFactory: (errors) => invalidRequest(errors.flatMap((error) => mistakesIn(error))),
  });
}

/** To Nest, null is no body: nothing to check. To us, a body that may be left out is still no null. */
class BodyValidationPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body' && value === null) {
      throw invalidRequest([
        { field: 'body', problem: 'the body must be a JSON object, and is null' },
      ]);
    }
    return super.transform(value, metadata);
  }
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
