import { ApiProperty } from '@nestjs/swagger';

import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsOptional,
  IsString,
  MaxLength,
} from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';
import { clientCommand } from './client-command.js';
import type { NextSet } from './next-set.js';
import type { Promotion } from './promotion.js';
import { PromotionDto, promotionDto } from './promotion.dto.js';
import { FORMATS, publicationName, type Format } from './publication.js';
import type { ReleasePackage } from './release.js';
import type { RecordedRelease } from './release.store.js';

export class ReleasePackageDto {
  /**
   * The target that it was staged under.
   * @example el9-x86_64
   */
  target: string;

  /** @example acme */
  name: string;

  /** @example "2.0-1" */
  version: string;

  /** @example x86_64 */
  architecture: string;

  /**
   * Its file in the publication.
   * @example "Packages/acme-2.0-1.x86_64.rpm"
   */
  path: string;

  /** Bytes, as published. */
  size: number;

  /** As published. */
  sha256: string;
}

/** What was live from one switch to the next. */
export class ReleaseDto {
  /** @example "20261124T110500Z-3f9a1c" */
  @ApiProperty({ pattern: '^[0-9]{8}T[0-9]{6}Z-[0-9a-z]+$' })
  id: string;

  /** @example "rpm/core/2025/el9-x86_64" */
  publication: string;

  /** @example core */
  component: string;

  /** @example "2025" */
  series: string;

  @ApiProperty({ enum: FORMATS })
  format: Format;

  /** The target of the promotion that made it. */
  target: string;

  @ApiProperty({ enum: ['promotion', 'rollback', 'withdrawal'] })
  kind: string;

  /** The promotion that made it. */
  promotion: string;

  /** The release before it; null: it was the first. */
  base: string | null;

  /** It is what subscribers get now. */
  live: boolean;

  /** It can be brought back; false once its packages are no longer there. */
  kept: boolean;

  created_at: string;

  /** Who ordered it. */
  actor: string;

  packages: ReleasePackageDto[];
}

export function releaseDto({ document, live, removedAt }: RecordedRelease): ReleaseDto {
  const { id, publication, target, kind, promotion, base, created_at, actor } = document;
  const { component, series, format } = publication;
  return {
    ...{ id, publication: publicationName(publication), component, series, format, target, kind },
    ...{ promotion, base, live, kept: removedAt === null, created_at, actor },
    packages: document.packages.map(packageDto),
  };
}

function packageDto(each: ReleasePackage): ReleasePackageDto {
  const { target, name, version, architecture, path, size, sha256 } = each;
  return { target, name, version, architecture, path, size, sha256 };
}

export class RollBackDto {
  /**
   * The release whose packages are brought back.
   * @example "20261124T110500Z-3f9a1c"
   */
  @IsPrintable()
  @MaxLength(100)
  @IsString()
  release: string;

  /** The target that is brought back; without it, that of the promotion which made the release. */
  @IsOptional()
  @IsPrintable()
  @MaxLength(100)
  @IsString()
  target?: string;
}

export class WithdrawDto {
  /**
   * A release of the publication, such as the live one.
   * @example "20261124T110500Z-3f9a1c"
   */
  @IsPrintable()
  @MaxLength(100)
  @IsString()
  release: string;

  /**
   * The packages that are taken away, by path or file name.
   * @example ["acme-2.0-1.x86_64.rpm"]
   */
  @IsPrintable({ each: true })
  @IsString({ each: true })
  @ArrayUnique()
  @ArrayMaxSize(1000)
  @ArrayMinSize(1)
  @IsArray()
  packages: string[];

  /** Take their files away at once, although clients may be fetching them. Without it they stay for 14 days. */
  @IsOptional()
  @IsBoolean()
  now?: boolean = false;
}

/** A change that was ordered, and what it will do. */
export class OrderedChangeDto extends PromotionDto {
  /** Packages that are live again by it. */
  added: ReleasePackageDto[];

  /** Packages that are no longer live by it. */
  removed: ReleasePackageDto[];

  /** It waits for a signer: run `bin/packyard` with the signing key. False: its metadata was signed before. */
  needs_signer: boolean;

  /**
   * What an upgraded machine runs to get the versions that are live then; null: it has nothing to go back to.
   * @example "dnf distro-sync"
   */
  client_command: string | null;
}

export function orderedChangeDto(promotion: Promotion, change: NextSet): OrderedChangeDto {
  return {
    ...promotionDto(promotion),
    added: change.added.map(packageDto),
    removed: change.removed.map(packageDto),
    needs_signer:
      promotion.format === 'deb' || (promotion.kind === 'withdrawal' && promotion.format === 'rpm'),
    client_command: clientCommand(promotion.format, change),
  };
}
