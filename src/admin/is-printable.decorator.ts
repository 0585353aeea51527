import { Matches, type ValidationOptions } from 'class-validator';

/**
 * No control characters: text is shown in terminals, tables and logs, and PostgreSQL takes no NUL. And
 * no half of a surrogate pair, which PostgreSQL would keep as another character.
 */
export function IsPrintable(options: ValidationOptions = {}): PropertyDecorator {
  return Matches(/^[^\p{Cc}\p{Cs}]*$/u, {
    message: '$property must not hold control characters',
    ...options,
  });
}
