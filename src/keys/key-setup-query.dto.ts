import { IsOptional, IsString, MaxLength } from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';

export class KeySetupQueryDto {
  /**
   * A series of the catalogue; without it, the newest of each component.
   * @example "2024"
   */
  @IsOptional()
  @IsPrintable()
  @MaxLength(100)
  @IsString()
  series?: string;
}
