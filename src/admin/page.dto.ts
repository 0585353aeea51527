import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

/** Which page of a list; every list that grows has these two. */
export class PageDto {
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
