import { ApiProperty } from '@nestjs/swagger';

import { IsIn, IsOptional } from 'class-validator';
import { DestinationFilterDto } from './destination.dto.js';
import {
  PROMOTION_STATES,
  STEPS,
  type Promotion,
  type PromotionState,
  type StepName,
} from './promotion.js';
import { FORMATS, type Format } from './publication.js';

export class ListPromotionsDto extends DestinationFilterDto {
  /** In this state. */
  @IsOptional()
  @IsIn(PROMOTION_STATES)
  state?: PromotionState;
}

/** A step of a promotion, from when it began. */
export class PromotionStepDto {
  @ApiProperty({ enum: STEPS })
  name: StepName;

  started_at: string;

  /** Null: it goes on. */
  finished_at: string | null;

  /** How many of its parts are done, where it has parts. */
  done: number;

  /** How many parts it has; null: none to speak of. */
  total: number | null;
}

/** Why a promotion failed. */
export class PromotionErrorDto {
  /**
   * Stable; to be switched on.
   * @example SIGNER_LOST
   */
  code: string;

  /** What is wrong, and what to do. */
  message: string;
}

/** The work that makes a release: of staged packages, of an earlier release, or of the live one without some packages. */
export class PromotionDto {
  id: string;

  @ApiProperty({ enum: ['promotion', 'rollback', 'withdrawal'] })
  kind: string;

  /**
   * What is switched.
   * @example "rpm/core/2025/el9-x86_64"
   */
  publication: string;

  /** @example core */
  component: string;

  /** @example "2025" */
  series: string;

  @ApiProperty({ enum: FORMATS })
  format: Format;

  /** @example el9-x86_64 */
  target: string;

  /** It ends `live`, `failed` or `cancelled`. */
  @ApiProperty({ enum: PROMOTION_STATES })
  state: PromotionState;

  /** Those that have begun, in their order. */
  steps: PromotionStepDto[];

  /** The release that it was built upon; null: there was none, or it has not begun. */
  base: string | null;

  /** The release that it makes; null: it is not that far. */
  release: string | null;

  /** Why it failed; null: it did not. */
  error: PromotionErrorDto | null;

  /** Why it was cancelled, in the words of who did; null: it was not, or they did not say. */
  cancel_reason: string | null;

  /** What did not go as it should, and did not keep it from being live. */
  warnings: string[];

  /** Who ordered it. */
  actor: string;

  created_at: string;

  /** Null: it is under way. */
  finished_at: string | null;
}

export function promotionDto(promotion: Promotion): PromotionDto {
  const { id, kind, publication, component, series, format, target, state } = promotion;
  const { base, release, error, warnings, actor, createdAt, finishedAt, steps } = promotion;
  return {
    ...{ id, kind, publication, component, series, format, target, state },
    steps: steps.map((step) => ({
      name: step.name,
      started_at: step.startedAt.toISOString(),
      finished_at: step.finishedAt?.toISOString() ?? null,
      done: step.done,
      total: step.total,
    })),
    ...{ base, release },
    error: error && { code: error.code, message: error.message },
    cancel_reason: promotion.cancelReason,
    warnings: [...warnings],
    actor,
    created_at: createdAt.toISOString(),
    finished_at: finishedAt?.toISOString() ?? null,
  };
}
