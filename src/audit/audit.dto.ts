import { ApiProperty } from '@nestjs/swagger';

import { IsOptional, IsString } from 'class-validator';
import { IsPrintable } from '../admin/is-printable.decorator.js';
import { PageDto } from '../admin/page.dto.js';
import { IsTime } from '../admin/is-time.decorator.js';
import type { RecordedEvent } from './audit-event.js';

export class ListAuditDto extends PageDto {
  /** Changes made by this one. */
  @IsOptional()
  @IsPrintable()
  @IsString()
  actor?: string;

  /** Changes of this kind, such as `key.revoke`. */
  @IsOptional()
  @IsPrintable()
  @IsString()
  action?: string;

  /** Changes to this, such as `key:` and the id of a key. */
  @IsOptional()
  @IsPrintable()
  @IsString()
  subject?: string;

  /** Changes from this time on (RFC 3339). */
  @IsOptional()
  @IsTime()
  since?: string;

  /** Changes before this time (RFC 3339). */
  @IsOptional()
  @IsTime()
  until?: string;
}

/** One thing that was changed. */
export class AuditEventDto {
  /**
   * Rises with each event.
   * @example "4711"
   */
  @ApiProperty({ pattern: '^[0-9]+$' })
  id: string;

  at: string;

  /**
   * Who did it: the name of an admin token, else what `X-Packyard-Actor` said, else `unknown`;
   * `packyard` for what it does by itself.
   * @example alice@vm
   */
  actor: string;

  /** @example key.revoke */
  action: string;

  /** @example "key:6f1de0a4-0f7b-4d1c-9a51-1c1f5f2b7f0e" */
  subject: string;

  /** What else is known, as the action has it; never a secret. */
  details: Record<string, unknown>;

  /** Under which the log has the request; null where there was none. */
  request_id: string | null;
}

export function auditEventDto({ requestId, at, ...event }: RecordedEvent): AuditEventDto {
  return {
    id: event.id,
    at: at.toISOString(),
    actor: event.actor,
    action: event.action,
    subject: event.subject,
    details: event.details,
    request_id: requestId,
  };
}
