import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { IsTime } from '../admin/is-time.decorator.js';
import { KEY_STATES, stateOf, type Key, type KeyState } from './key.js';

/** No control characters: a label is shown in terminals, tables and logs. */
// eslint-disable-next-line no-control-regex
const PRINTABLE = /^[^\x00-\x1f\x7f]*$/;
const printable = { message: '$property must not hold control characters' };

export class CreateKeyDto {
  /**
   * The component that the key opens. Give this or `components`.
   * @example core
   */
  @IsOptional()
  @IsString()
  component?: string;

  /** The components that the key opens: docker and Kubernetes hold one credential a host. */
  @IsOptional()
  @IsString({ each: true })
  @ArrayUnique()
  @ArrayMaxSize(100)
  @ArrayMinSize(1)
  @IsArray()
  components?: string[];

  /**
   * What you will recognise the key by.
   * @example Acme Corp — Core
   */
  @Matches(PRINTABLE, printable)
  @Length(1, 200)
  @IsString()
  label: string;

  /** Whose key it is, in whatever form you keep customers. */
  @IsOptional()
  @Matches(PRINTABLE, printable)
  @Length(1, 200)
  @IsString()
  customer?: string | null;

  /** When the key stops working (RFC 3339). Without it, it works until it is revoked. */
  @IsOptional()
  @IsTime()
  expires_at?: string | null;
}

export class ListKeysDto {
  /** Keys that open this component. */
  @IsOptional()
  @Matches(PRINTABLE, printable)
  @IsString()
  component?: string;

  /** Keys of exactly this customer. */
  @IsOptional()
  @Matches(PRINTABLE, printable)
  @IsString()
  customer?: string;

  /** Keys whose label has this in it, in upper or lower case. */
  @IsOptional()
  @Matches(PRINTABLE, printable)
  @IsString()
  label?: string;

  @IsOptional()
  @IsIn(KEY_STATES)
  state?: KeyState;

  /** Keys that expire before this time (RFC 3339). */
  @IsOptional()
  @IsTime()
  expires_before?: string;

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

/** One secret of a key, as far as it may be shown. */
export class SecretDto {
  /** @example pky_…q3Zk */
  hint: string;
  created_at: string;
  /** When an older secret stops working after a rotation. */
  expires_at: string | null;
}

export class KeyDto {
  id: string;
  label: string;
  customer: string | null;
  /** @example ["core"] */
  components: string[];
  state: KeyState;
  secrets: SecretDto[];
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;

  /** Requests that the key was let through with. */
  usage_count: number;

  /** When that last was, to within ten seconds. */
  last_used_at: string | null;
}

export class CreatedKeyDto extends KeyDto {
  /**
   * The secret. This answer alone has it: hand it to the subscriber now.
   * @example pky_8Jw0…
   */
  key: string;
}

export function keyDto(key: Key, now: Date): KeyDto {
  return {
    id: key.id,
    label: key.label,
    customer: key.customer,
    components: [...key.components],
    state: stateOf(key, now),
    secrets: key.secrets.map(({ hint, createdAt, expiresAt }) => ({
      hint,
      created_at: createdAt.toISOString(),
      expires_at: expiresAt?.toISOString() ?? null,
    })),
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    usage_count: key.usageCount,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}
