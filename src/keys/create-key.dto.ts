import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsOptional,
  IsString,
  Length,
} from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';
import { IsTime } from '../admin/is-time.decorator.js';
import { MayBeLeftOut } from '../admin/may-be-left-out.decorator.js';
import { IsName } from './is-name.decorator.js';

export class CreateKeyDto {
  /**
   * The component that the key opens. Give this or `components`.
   * @example core
   */
  @MayBeLeftOut()
  @IsPrintable()
  @IsString()
  component?: string;

  /** The components that the key opens: docker and Kubernetes hold one credential a host. */
  @MayBeLeftOut()
  @IsString({ each: true })
  @ArrayUnique()
  @ArrayMaxSize(100)
  @ArrayMinSize(1)
  @IsArray()
  components?: string[];

  /**
   * What you will recognise the key by.
   * @example "Acme Corp — Core"
   */
  @IsName()
  @Length(1, 200)
  @IsString()
  label: string;

  /**
   * Whose key it is, in whatever form you keep customers.
   * @example "C-4711"
   */
  @IsOptional()
  @IsName()
  @Length(1, 200)
  @IsString()
  customer?: string | null;

  /**
   * When the key stops working (RFC 3339). Without it, it works until it is revoked.
   * @example "2099-12-31T23:59:59Z"
   */
  @IsOptional()
  @IsTime()
  expires_at?: string | null;
}
