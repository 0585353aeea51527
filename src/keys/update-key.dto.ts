import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsOptional,
  IsString,
  Length,
} from 'class-validator';
import { IsTime } from '../admin/is-time.decorator.js';
import { MayBeLeftOut } from '../admin/may-be-left-out.decorator.js';
import { IsName } from './is-name.decorator.js';

/** What is left out stays as it is. */
export class UpdateKeyDto {
  /**
   * What you will recognise the key by.
   * @example "Acme Corp — Core and Minion"
   */
  @MayBeLeftOut()
  @IsName()
  @Length(1, 200)
  @IsString()
  label?: string;

  /**
   * Whose key it is; null: that is not said.
   * @example "C-4711"
   */
  @IsOptional()
  @IsName()
  @Length(1, 200)
  @IsString()
  customer?: string | null;

  /**
   * All the components that the key opens from now on.
   * @example ["core", "minion"]
   */
  @MayBeLeftOut()
  @IsString({ each: true })
  @ArrayUnique()
  @ArrayMaxSize(100)
  @ArrayMinSize(1)
  @IsArray()
  components?: string[];

  /**
   * When the key stops working (RFC 3339); null: not by itself.
   * @example "2099-12-31T23:59:59Z"
   */
  @IsOptional()
  @IsTime()
  expires_at?: string | null;
}
