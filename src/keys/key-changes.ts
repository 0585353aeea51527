import { Temporal } from 'temporal-polyfill';
import type { AuditEvent } from '../audit/audit-event.js';
import { DomainError } from '../common/domain-error.js';
import { liveSecrets, stateOf, type Key, type NewKey, type Secret } from './key.js';
import type { KeyChange } from './key.store.js';

/** What an operator may edit. What is left out stays as it is. */
export interface KeyEdit {
  readonly label?: string;
  readonly customer?: string | null;
  readonly components?: readonly string[];
  readonly expiresAt?: Date | null;
}

/** How a key gets a new secret. */
export interface Rotation {
  /** For how long the secret that it has works on beside the new one. */
  readonly overlap: Temporal.Duration;
  /** Ends the secret that an earlier rotation made and nobody got, instead of the one that is in use. */
  readonly replace: boolean;
}

export function creationEvent(
  { id, label, customer, components, expiresAt }: NewKey,
  { hint }: Secret,
  action: 'key.create' | 'key.import' = 'key.create',
): AuditEvent {
  return event(action, id, { label, customer, components, expires_at: expiresAt, hint });
}

/** Revokes for good. Doing it again does nothing, so the first time stays. */
export function revocationOf(key: Key, now: Date): KeyChange | undefined {
  if (key.revokedAt) return undefined;
  return { revokedAt: now, event: event('key.revoke', key.id, { label: key.label }) };
}

/**
 * Changes what is different, if anything is.
 * @throws DomainError KEY_REVOKED for what a revoked key has no more use of
 */
export function editOf(key: Key, given: KeyEdit): KeyChange | undefined {
  const edit = withoutUndefined(given);
  const from = descriptionOf(key);
  const to = descriptionOf({ ...key, ...edit });
  const changed = Object.keys(from).filter(
    (name) => JSON.stringify(from[name]) !== JSON.stringify(to[name]),
  );
  if (changed.length === 0) return undefined;
  if (key.revokedAt && changed.some((name) => name === 'components' || name === 'expires_at')) {
    throw revoked(key);
  }
  return {
    ...edit,
    event: event('key.update', key.id, { from: pick(from, changed), to: pick(to, changed) }),
  };
}

/**
 * Gives the key a new secret beside the one it has, which ends when the overlap does. A key never has
 * more than two: which of them a subscriber uses is not known, so a third is refused unless it is said
 * which of the two it takes the place of.
 *
 * @throws DomainError KEY_REVOKED, KEY_EXPIRED, ROTATION_IN_PROGRESS, NO_ROTATION
 */
export function rotationOf(
  key: Key,
  newSecret: Secret,
  { overlap, replace }: Rotation,
  now: Date,
): KeyChange {
  if (key.revokedAt) throw revoked(key);
  if (stateOf(key, now) === 'expired') throw expired(key);

  const live = liveSecrets(key, now);
  const [newest, ...older] = live;
  if (replace && older.length === 0) throw noRotation(key);
  if (!replace && older.length > 0 && !overlap.blank) throw rotationInProgress(older);

  const ending = replace && newest ? [newest] : live;
  const endedSecrets = ending.map((secret) =>
    replace || overlap.blank
      ? { ...secret, revokedAt: now }
      : { ...secret, expiresAt: later(now, overlap) },
  );
  return {
    newSecret,
    endedSecrets: endedSecrets.map(({ hash, expiresAt, revokedAt }) => ({
      hash,
      expiresAt,
      revokedAt,
    })),
    event: event('key.rotate', key.id, {
      hint: newSecret.hint,
      ended: endedSecrets.map(({ hint, expiresAt, revokedAt }) => ({
        hint,
        at: revokedAt ?? expiresAt,
      })),
    }),
  };
}

/** Days and months of the calendar, in UTC. */
function later(now: Date, duration: Temporal.Duration): Date {
  const start = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO('UTC');
  return new Date(start.add(duration).epochMilliseconds);
}

function descriptionOf({ label, customer, components, expiresAt }: Key): Record<string, unknown> {
  return { label, customer, components: [...components], expires_at: expiresAt };
}

function withoutUndefined(edit: KeyEdit): KeyEdit {
  return Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== undefined));
}

function pick(from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

function event(action: string, id: string, details: Record<string, unknown>): AuditEvent {
  return { action, subject: `key:${id}`, details };
}

function revoked({ id }: Key): DomainError {
  return new DomainError(
    'KEY_REVOKED',
    `The key ${id} was revoked, and that is for good. Make a new one with POST /api/v1/keys.`,
  );
}

function expired({ id, expiresAt }: Key): DomainError {
  return new DomainError(
    'KEY_EXPIRED',
    `The key ${id} expired at ${expiresAt?.toISOString()}: a new secret would not work either. ` +
      `Give it another expires_at with PATCH /api/v1/keys/${id} first.`,
  );
}

function rotationInProgress(older: readonly Secret[]): DomainError {
  const until = older[0]?.expiresAt?.toISOString();
  return new DomainError(
    'ROTATION_IN_PROGRESS',
    `Two secrets of this key work until ${until}. Rotate again after that; or now with "replace": true, if nobody ` +
      'got the newer one; or now with "overlap": "PT0S", which ends both at once.',
    { until },
  );
}

function noRotation({ id }: Key): DomainError {
  return new DomainError(
    'NO_ROTATION',
    `No rotation of the key ${id} is under way, so there is no newer secret to replace. Leave out "replace".`,
  );
}
