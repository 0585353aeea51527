import { IsIn, IsOptional, IsString } from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';
import { PageDto } from '../admin/page.dto.js';
import { IsTime } from '../admin/is-time.decorator.js';
import { KEY_STATES, type KeyState } from './key.js';

export class ListKeysDto extends PageDto {
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
}
