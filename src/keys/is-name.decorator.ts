import { applyDecorators } from '@nestjs/common';
import { Matches } from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';

/** As PostgreSQL counts. To `@Length`, an emoji and the sign that colours it are one character. */
const AT_MOST_200 = /^.{0,200}$/su;
const atMost200 = { message: '$property must be shorter than or equal to 200 characters' };

/** What people know a key or a customer by: at most 200 printable characters. */
export function IsName(): PropertyDecorator {
  return applyDecorators(Matches(AT_MOST_200, atMost200), IsPrintable());
}
