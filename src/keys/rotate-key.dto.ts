import { IsBoolean } from 'class-validator';
import { MayBeLeftOut } from '../admin/may-be-left-out.decorator.js';
import { IsOverlap } from './is-overlap.decorator.js';

export class RotateKeyDto {
  /**
   * For how long the secret that the key has works on beside the new one: an ISO 8601 duration of at most
   * a year. `PT0S` ends it at once.
   * @example P7D
   */
  @MayBeLeftOut()
  @IsOverlap()
  overlap?: string = 'P7D';

  /**
   * The secret that a rotation under way made got lost: end it, and put the new one in its place. The one
   * that subscribers use stays as it is.
   */
  @MayBeLeftOut()
  @IsBoolean()
  replace?: boolean = false;
}
