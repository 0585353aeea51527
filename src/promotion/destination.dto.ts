import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';
import { PageDto } from '../admin/page.dto.js';
import { FORMATS, type Format } from './publication.js';

/** Where staged packages belong. */
export class DestinationDto {
  /** @example core */
  @IsPrintable()
  @MaxLength(100)
  @IsString()
  component: string;

  /** @example "2025" */
  @IsPrintable()
  @MaxLength(100)
  @IsString()
  series: string;

  @IsIn(FORMATS)
  format: Format;

  /**
   * RPM: `el9-x86_64`. DEB: a distribution and architecture, `bookworm-amd64`, or `bookworm-all`.
   * @example el9-x86_64
   */
  @IsPrintable()
  @MaxLength(100)
  @IsString()
  target: string;
}

/** A page of what belongs to a destination; each part narrows the list. */
export class DestinationFilterDto extends PageDto {
  /** Of this component. */
  @IsOptional()
  @IsPrintable()
  @IsString()
  component?: string;

  /** Of this series. */
  @IsOptional()
  @IsPrintable()
  @IsString()
  series?: string;

  /** Of this format. */
  @IsOptional()
  @IsIn(FORMATS)
  format?: Format;

  /** Of this target. */
  @IsOptional()
  @IsPrintable()
  @IsString()
  target?: string;
}
