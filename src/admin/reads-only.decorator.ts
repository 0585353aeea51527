import { applyDecorators, SetMetadata } from '@nestjs/common';

/** Metadata of a route, for the guard. */
export const READS_ONLY = Symbol('READS_ONLY');

/**
 * Marks an operation that changes nothing although its method is not GET or HEAD, such as a look-up
 * whose question is a secret and belongs in a body: a `readonly` token may use it.
 */
export function ReadsOnly(): MethodDecorator {
  return applyDecorators(SetMetadata(READS_ONLY, true));
}
