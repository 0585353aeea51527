import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';
import { MayBeLeftOut } from '../admin/may-be-left-out.decorator.js';
import { KeyDto } from '../keys/key.dto.js';
import { DENIAL_MESSAGES, type LookupDenial } from './key-lookup.service.js';

export class LookupKeyDto {
  /** The secret as the subscriber has it. It is kept nowhere. */
  @MaxLength(1_000)
  @IsString()
  key: string;

  /**
   * What the subscriber asks for, as a path or a whole URL. Without it the key alone is judged.
   * @example "/rpm/core/2025/el9-x86_64/repodata/repomd.xml"
   */
  @MayBeLeftOut()
  @IsPrintable()
  @MaxLength(4_000)
  @IsString()
  path?: string;
}

/** Why a request is not let through. */
export class DenialDto {
  /** Stable; the metric `packyard_auth_requests_total` has the same. */
  @ApiProperty({ enum: Object.keys(DENIAL_MESSAGES) })
  reason: LookupDenial;

  /** What to do about it. */
  message: string;
}

export class KeyLookupDto {
  /** Which key this is a secret of; null: of none. */
  id: string | null;

  /**
   * What was looked up, by its prefix and last four characters.
   * @example pky_…q3Zk
   */
  hint: string;

  /** The key; null where there is none. */
  key: KeyDto | null;

  /** Why a request with it is refused now; null: it is let through. */
  denied_for: DenialDto | null;
}
