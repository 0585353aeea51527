import { ACCESS_STATUSES, type AccessStatus, type RequestsStatus } from './status.js';

const HOUR = 3_600_000;
const HOURS = 24;

/** Requests that were answered in one way in one hour. */
export interface HourCount {
  readonly hour: Date;
  readonly status: string;
  readonly requests: number;
}

/** When the first of the 24 hours begins whose last is that of `now`. */
export function firstHour(now: Date): Date {
  return new Date((Math.floor(now.getTime() / HOUR) - HOURS + 1) * HOUR);
}

/** All 24 hours, in their order, with what was counted in each. */
export function requestsByHour(counts: readonly HourCount[], now: Date): RequestsStatus['byHour'] {
  const first = firstHour(now).getTime();
  const hours = Array.from({ length: HOURS }, (_, index) => ({
    startsAt: new Date(first + index * HOUR),
    ...noRequests(),
  }));
  for (const { hour, status, requests } of counts) {
    const row = hours[(hour.getTime() - first) / HOUR];
    if (row && isAccessStatus(status)) row[status] += requests;
  }
  return hours;
}

function noRequests(): Record<AccessStatus, number> {
  return { allowed: 0, allowed_public: 0, denied: 0, error: 0 };
}

function isAccessStatus(status: string): status is AccessStatus {
  return (ACCESS_STATUSES as readonly string[]).includes(status);
}
