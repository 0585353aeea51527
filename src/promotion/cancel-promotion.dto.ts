import { IsString, Length } from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';
import { MayBeLeftOut } from '../admin/may-be-left-out.decorator.js';
import { LONGEST_REASON } from './cancel-reason.js';

export class CancelPromotionDto {
  /**
   * Why, for who looks at the promotion later.
   * @example "built from the wrong branch"
   */
  @MayBeLeftOut()
  @IsPrintable()
  @Length(1, LONGEST_REASON)
  @IsString()
  reason?: string;
}
