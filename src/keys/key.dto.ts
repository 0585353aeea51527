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

/**
 * No control characters: a label is shown in terminals, tables and logs. And no half of a surrogate
 * pair, which PostgreSQL would keep as another character.
 */
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;
const printable = { message: '$property must not hold control characters' };

/** As PostgreSQL counts. To `@Length`, an emoji and the sign that colours it are one character. */
const AT_MOST_200 = /^.{0,200}$/su;
const atMost200 = { message: '$property must be shorter than or equal to 200 characters' };

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
   * @example "Acme Corp — Core"
   */
  @Matches(PRINTABLE, printable)
  @Matches(AT_MOST_200, atMost200)
  @Length(1, 200)
  @IsString()
  label: string;

  /**
   * Whose key it is, in whatever form you keep customers.
   * @example "C-4711"
   */
  @IsOptional()
  @Matches(PRINTABLE, printable)
  @Matches(AT_MOST_200, atMost200)
  @Length(1, 200)
  @IsString()
  customer?: string | null;

  /**
   * When the key stops working (RFC 3339). Without it, it works until it is revoked.
   * @example "2099-12-31T23:59:59Z"
   */
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

  /** Keys in this state by now. */
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
  /**
   * The prefix of the secret, and its last four characters.
   * @example pky_…q3Zk
   */
  hint: string;

  created_at: string;

  /** When an older secret stops working after a rotation; null: not before its key. */
  expires_at: string | null;
}

export class KeyDto {
  id: string;

  /**
   * What you recognise the key by.
   * @example "Acme Corp — Core"
   */
  label: string;

  /**
   * Whose key it is; null where that was not said.
   * @example "C-4711"
   */
  customer: string | null;

  /**
   * The components that the key opens.
   * @example ["core"]
   */
  components: string[];

  /** An expired key that was revoked is `revoked`. */
  state: KeyState;

  /** The secrets that open it, the newest first; two while a rotation overlaps. */
  secrets: SecretDto[];

  created_at: string;

  /** When the key stops working; null: not by itself. */
  expires_at: string | null;

  /** When the key was revoked; null: it was not. */
  revoked_at: string | null;

  /** Requests that the key was let through with. */
  usage_count: number;

  /** When that last was, to within ten seconds; null: never. */
  last_used_at: string | null;
}

export class CreatedKeyDto extends KeyDto {
  /**
   * The secret. This answer alone has it: hand it to the subscriber now.
   * @example pky_abcdefghijklmnopqrstuvwxyz0123451nc0VA
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
