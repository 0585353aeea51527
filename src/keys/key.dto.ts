import type { SetupDto } from '../setup/setup.dto.js';
import { liveSecrets, stateOf, type Key, type KeyState } from './key.js';

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

  /** The secrets that open it while it is active, the newest first: two while a rotation overlaps. */
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

  /** What the subscriber pastes to start, for each client. */
  setup: SetupDto;
}

export function keyDto(key: Key, now: Date): KeyDto {
  return {
    id: key.id,
    label: key.label,
    customer: key.customer,
    components: [...key.components],
    state: stateOf(key, now),
    secrets: liveSecrets(key, now).map(({ hint, createdAt, expiresAt }) => ({
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
