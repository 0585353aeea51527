import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';
import { IsTime } from '../admin/is-time.decorator.js';
import { KEY_STATES, type KeyState } from './key.js';

export class ListKeysDto {
  /** Keys that open this component. */
  @IsOptional()
  @IsPrintable()
  @IsString()
  component?: string;

  /** Keys of exactly this customer. */
  @IsOptional()
  @IsPrintable()
  @IsString()
  customer?: string;

  /** Keys whose label has this in it, in upper or lower case. */
  @IsOptional()
  @IsPrintable()
  @IsString()
  label?: string;

  /** Keys in this state by now. */
  @IsOptional()
  @IsIn(KEY_STATES)
  state?: KeyState;

  /** Keys that expire before this time (RFC 3339). */
  @IsOptional()
  @IsTime()
  expires_before?: string;

  /** How many at once. */
  @IsOptional()
  @Type(() => Number)
  @Max(500)
  @Min(1)
  @IsInt()
  limit?: number = 50;

  /** Where the page before ended: from its `Link` header. */
  @IsOptional()
  @IsString()
  cursor?: string;
}
