import type { PropagationOutcome } from './propagation.js';

/** Says whether every process has taken a change into use, or else within how many seconds it must have. */
export const PROPAGATION_HEADER = 'Packyard-Propagation';

export function propagationHeader(outcome: PropagationOutcome): string {
  return outcome.confirmed ? 'confirmed' : `pending; at-most=${outcome.atMost}`;
}
