import { IsOptional, ValidateBy } from 'class-validator';
import type { UsageOfDay } from '../usage/usage.store.js';

/** A day that exists, as `YYYY-MM-DD`. */
function IsDay(): PropertyDecorator {
  return ValidateBy({
    name: 'isDay',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isDay(value),
      defaultMessage: () => '$property must be a day such as 2027-01-31',
    },
  });
}

function isDay(text: string): boolean {
  if (!/^[12]\d{3}-\d{2}-\d{2}$/.test(text)) return false;
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

export class UsagePeriodDto {
  /**
   * The first day (UTC); where it is not given, 29 days before the last, so 30 days in all.
   * @example "2026-11-01"
   */
  @IsOptional()
  @IsDay()
  from?: string;

  /**
   * The last day (UTC); today where it is not given.
   * @example "2026-11-30"
   */
  @IsOptional()
  @IsDay()
  to?: string;
}

export class UsageCountDto {
  /** @example core */
  component: string;

  /** @example rpm */
  format: string;

  /** Requests that were let through. */
  requests: number;
}

/** How much a key was used on one day. */
export class KeyUsageDto {
  /**
   * UTC.
   * @example "2026-11-24"
   */
  day: string;

  /** Requests that were let through. */
  requests: number;

  /** What they were for; empty on a day without any. */
  by: UsageCountDto[];
}

export function keyUsageDto({ day, requests, by }: UsageOfDay): KeyUsageDto {
  return { day, requests, by: by.map((count) => ({ ...count })) };
}
