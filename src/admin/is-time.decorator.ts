import { isRFC3339, ValidateBy } from 'class-validator';

/** A time with its zone (RFC 3339) on a day that exists: a `Date` would make 1 March of 30 February. */
export function IsTime(): PropertyDecorator {
  return ValidateBy({
    name: 'isTime',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isRFC3339(value) && exists(value),
      defaultMessage: () => '$property must be a time with its zone, such as 2027-01-31T00:00:00Z',
    },
  });
}

function exists(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number];
  const lastOfMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return day <= lastOfMonth && !Number.isNaN(Date.parse(text)); // a leap second is no `Date`
}
