import { IsBoolean, IsOptional } from 'class-validator';
import { IsOverlap } from './is-overlap.decorator.js';

export class RotateKeyDto {
  /**
   * For how long the secret that the key has works on beside the new one: an ISO 8601 duration of at most
   * a year. `PT0S` ends it at once.
   * @example P7D
   */
  @IsOptional()
  @IsOverlap()
  overlap?: string = 'P7D';

  /**
   * The secret that a rotation under way made got lost: end it, and put the new one in its place. The one
   * that subscribers use stays as it is.
   */
  @IsOptional()
  @IsBoolean()
  replace?: boolean = false;
}
