import { Temporal } from 'temporal-polyfill';
import { ValidateBy } from 'class-validator';

const LONGEST = Temporal.Duration.from('P1Y');
/** A leap year has all the days that a year of the calendar can have. */
const relativeTo = Temporal.PlainDate.from('2027-03-01');

/** An ISO 8601 duration (`P7D`, `PT12H`) from none to a year. */
export function IsOverlap(): PropertyDecorator {
  return ValidateBy({
    name: 'isOverlap',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isOverlap(value),
      defaultMessage: () =>
        '$property must be an ISO 8601 duration from PT0S to P1Y, such as P7D or PT12H',
    },
  });
}

function isOverlap(text: string): boolean {
  try {
    const duration = Temporal.Duration.from(text);
    return duration.sign >= 0 && Temporal.Duration.compare(duration, LONGEST, { relativeTo }) <= 0;
  } catch {
    return false;
  }
}
