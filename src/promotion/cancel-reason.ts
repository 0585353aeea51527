/** Characters, as `Length` of class-validator counts them. */
export const LONGEST_REASON = 500;

/** A message of a program as a reason for cancelling: one line, and no longer than the server takes. */
export function asReason(message: string): string {
  return message
    .replace(/[\p{Cc}\p{Cs}]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_REASON)
    .replace(/[\p{Cs}]$/u, '');
}
