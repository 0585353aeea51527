import { invalidRequest } from '../admin/validation.js';

const DAY = 86_400_000;
/** Days that one answer has at most. */
const LONGEST = 400;

/**
 * The days that are asked for, both included, as `YYYY-MM-DD` (UTC): by default the 30 up to today.
 * @throws DomainError INVALID_REQUEST
 */
export function usagePeriod(
  { from, to }: { from?: string; to?: string },
  now: Date,
): { from: string; to: string } {
  const last = to ?? dayOf(now.getTime());
  const first = from ?? dayOf(Date.parse(last) - 29 * DAY);
  const days = (Date.parse(last) - Date.parse(first)) / DAY + 1;
  if (days < 1) throw invalidRequest([{ field: 'from', problem: 'from must not be after to' }]);
  if (days > LONGEST) {
    throw invalidRequest([
      { field: 'from', problem: `from must be at most ${LONGEST} days before to` },
    ]);
  }
  return { from: first, to: last };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
