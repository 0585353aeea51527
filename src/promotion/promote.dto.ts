import { IsInt, Max, Min } from 'class-validator';
import { MayBeLeftOut } from '../admin/may-be-left-out.decorator.js';
import { DestinationDto } from './destination.dto.js';

export class PromoteDto extends DestinationDto {
  /**
   * A retention: so many of the newest versions of each package stay live in this target. Without it, all do. What goes
   * can be fetched for 14 days more.
   * @example 5
   */
  @MayBeLeftOut()
  @Max(1000)
  @Min(1)
  @IsInt()
  keep?: number;
}
