import { ValidateIf } from 'class-validator';

/** For a field that may be absent, and not null: class-validator's `IsOptional` lets both through. */
export function MayBeLeftOut(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}
