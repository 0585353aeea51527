import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { MayBeLeftOut } from '../admin/may-be-left-out.decorator.js';
import { CreateKeyDto } from './create-key.dto.js';

export class ImportedKeyDto extends CreateKeyDto {
  /** The secret that the subscriber has: 64 hex characters, or a key of another Packyard. */
  @MaxLength(100)
  @IsString()
  key: string;
}

export class ImportKeysDto {
  /** All of them are taken, or none. */
  @ValidateNested({ each: true })
  @Type(() => ImportedKeyDto)
  @ArrayMaxSize(50_000)
  @ArrayMinSize(1)
  @IsArray()
  keys: ImportedKeyDto[];

  /** Check everything, and change nothing. */
  @MayBeLeftOut()
  @IsBoolean()
  dry_run?: boolean = false;

  /** Leave out keys that are here already, instead of refusing the whole list. */
  @MayBeLeftOut()
  @IsBoolean()
  skip_existing?: boolean = false;
}

export class ImportOutcomeDto {
  /** True: nothing was changed, and the numbers are what an import would do. */
  dry_run: boolean;

  /** Keys that were added. */
  created: number;

  /** Keys that were here already. */
  skipped: number;

  /** Of those added, how many have expired already and open nothing: earlier systems may not have looked. */
  expired: number;
}
