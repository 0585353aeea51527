import { DomainError } from '../../common/domain-error.js';

/** What was built is not what it has to be, in words for who promotes. */
export function snapshotInvalid(cause: Error): DomainError {
  return new DomainError(
    'SNAPSHOT_INVALID',
    `What was built is not what apt can use: ${cause.message}. Nothing of it is live.`,
    undefined,
    { cause },
  );
}
