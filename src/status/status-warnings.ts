import type {
  ComponentStatus,
  Health,
  KeysStatus,
  PublicationPromotions,
  RequestsStatus,
  Status,
} from './status.js';

/** `critical`: subscribers are not served, or soon will not be. */
export type Severity = 'critical' | 'warning';

/** What somebody should do something about, in a sentence that says what. */
export interface Warning {
  readonly severity: Severity;
  readonly message: string;
}

const DAY = 86_400_000;
/** Of the file system of the published tree, as a part of one. */
const LOW_SPACE = 0.1;
/** Days before a signing key ends: a new one has to reach every subscriber until then. */
const SIGNING_KEY_NOTICE = 60;
/** Seconds until whoever is to sign should have come. */
const SIGNER_PATIENCE = 60;
/** Hours after which a daily backup is overdue, with time for one to be made. */
const BACKUP_OVERDUE = 26;
/** How many things one sentence names. */
const NAMED = 5;

/** Everything that is not as it should be, the worst first. */
export function warningsOf(status: Status): Warning[] {
  const { components, keys, requests, promotions, health, observedAt } = status;
  const warnings = [
    ...ofDatabase(health),
    ...ofAuthProcesses(health),
    ...ofPublishedTree(health),
    ...ofRegistry(health),
    ...ofRequests(requests),
    ...ofSigningKeys(health, observedAt),
    ...ofBackup(health, observedAt),
    ...ofKeys(keys),
    ...ofPromotions(promotions),
    ...ofComponents(components, health),
  ];
  return [
    ...warnings.filter(({ severity }) => severity === 'critical'),
    ...warnings.filter(({ severity }) => severity === 'warning'),
  ];
}

/** How it is on the whole. */
export function overallState(warnings: readonly Warning[]): Severity | 'ok' {
  return warnings[0]?.severity ?? 'ok';
}

const critical = (message: string): Warning => ({ severity: 'critical', message });
const warning = (message: string): Warning => ({ severity: 'warning', message });

function* ofDatabase({ database, accessView }: Health): Generator<Warning> {
  if (!database.up) {
    yield critical(
      `${database.problem ?? 'The database is down.'} Subscribers are served from memory until AUTH_MAX_STALENESS ends; ` +
        'see that PostgreSQL runs and that DATABASE_URL leads to it.',
    );
  }
  if (accessView.freshness !== 'current') {
    yield critical(
      'What this process knows of keys and catalogue is too old to decide by. ' +
        'It catches up by itself when the database answers; if it does not, look at its log.',
    );
  }
}

function* ofAuthProcesses({ authProcesses }: Health): Generator<Warning> {
  if (authProcesses === null) return;
  const { processes, newestRevision } = authProcesses;
  if (processes.every(({ state }) => state === 'silent')) {
    yield critical(
      'No process decides: every subscriber gets 503. Start one that has AUTH_LISTEN or GATEWAY_LISTEN.',
    );
    return;
  }
  for (const { id, state, revision, seenSecondsAgo } of processes) {
    const name = `The auth process ${id.slice(0, 8)}`;
    if (state === 'behind') {
      yield warning(
        `${name} is at change ${revision} of ${newestRevision}: a revoked key may still work there. Restart it if it does not catch up.`,
      );
    }
    if (state === 'silent') {
      yield warning(
        `${name} was last seen ${seenSecondsAgo} s ago. If nobody stopped it, look at its log; if somebody did, this ends by itself.`,
      );
    }
  }
}

function* ofPublishedTree({ publishedTree }: Health): Generator<Warning> {
  const { up, space, problem, folder } = publishedTree;
  if (!up) {
    yield critical(
      `${problem} Mount it, or set PUBLISHED_DIR to the folder that subscribers are served from.`,
    );
  }
  if (space && space.free < LOW_SPACE * space.total) {
    const percent = Math.floor((100 * space.free) / space.total);
    yield warning(
      `${percent} % of the file system of ${folder} is free: make room before the next promotion.`,
    );
  }
}

function* ofRegistry({ registry }: Health): Generator<Warning> {
  if (registry?.problem) {
    yield critical(
      `${registry.problem} No image can be pulled; see that REGISTRY_URL leads to it.`,
    );
  }
}

function* ofRequests(requests: RequestsStatus | null): Generator<Warning> {
  const undecided = requests?.byHour.at(-1)?.error ?? 0;
  if (undecided > 0) {
    yield warning(
      `${undecided} ${undecided === 1 ? 'request' : 'requests'} of this hour could not be decided and got 503. ` +
        'The metric packyard_auth_requests_total has the reasons.',
    );
  }
}

function* ofSigningKeys({ signingKeys }: Health, now: Date): Generator<Warning> {
  for (const problem of signingKeys.problems) {
    yield warning(
      `${problem} Export it there (production deployment, section 4 “Generating Signing Keys”).`,
    );
  }
  if (signingKeys.development) {
    yield warning(
      'Development signing keys are in use: they vouch for nothing. Before anybody subscribes, put your own public keys into PUBLIC_KEYS_DIR.',
    );
  }
  for (const { fingerprint, expiresAt } of signingKeys.gpg) {
    const days = expiresAt ? Math.floor((expiresAt.getTime() - now.getTime()) / DAY) : Infinity;
    if (days >= SIGNING_KEY_NOTICE) continue;
    const when = days < 0 ? 'has expired' : `expires in ${inDays(days)}`;
    yield warning(
      `The signing key ${fingerprint} ${when}: clients refuse packages that it signs from then on. Extend it, and publish it again as lts.asc.`,
    );
  }
}

function* ofBackup({ backup }: Health, now: Date): Generator<Warning> {
  if (backup === null) return;
  const { lastVerifiedAt, offHost, problem } = backup;
  if (problem) yield warning(`${problem} See the log of the backup.`);
  const hours = lastVerifiedAt
    ? Math.floor((now.getTime() - lastVerifiedAt.getTime()) / (DAY / 24))
    : 0;
  if (hours >= BACKUP_OVERDUE) {
    yield warning(
      `The newest backup that was verified is ${hours} hours old: one is made each day. See that it runs and has room.`,
    );
  }
  if (!offHost) {
    yield warning(
      'Backups are copied to no other host: with this one, they are lost as well. Set BACKUP_TARGET of the backup.',
    );
  }
}

function* ofKeys(keys: KeysStatus | null): Generator<Warning> {
  if (keys === null || keys.expireWithin7Days === 0) return;
  const soonest = keys.expiring.slice(0, keys.expireWithin7Days).map(({ label }) => `“${label}”`);
  const many = keys.expireWithin7Days > 1;
  yield warning(
    `${keys.expireWithin7Days} ${many ? 'keys expire' : 'key expires'} within 7 days: ${list(soonest, keys.expireWithin7Days)}. ` +
      `Tell whoever holds ${many ? 'them' : 'it'}, or set another expires_at.`,
  );
}

function* ofPromotions(promotions: readonly PublicationPromotions[] | null): Generator<Warning> {
  for (const { publication, last, failure, secondsWithoutSigner: silence } of promotions ?? []) {
    for (const words of last.warnings)
      yield warning(`The last ${last.kind} of ${publication}: ${words}`);
    if (failure) {
      yield warning(
        `The last ${failure.kind} of ${publication} failed with ${failure.errorCode}; what is live has not changed. ` +
          `See why with bin/packyard promotions show ${failure.id}, put it right, and order it again.`,
      );
    }
    if (silence !== null && silence > SIGNER_PATIENCE) {
      yield warning(
        `What is under way for ${publication} waits for a signer, whom nobody has heard of for ${inMinutes(silence)}. ` +
          'See that the CI job that ordered it runs, with the signing key; without it, this ends at SIGNING_TIMEOUT.',
      );
    }
  }
}

function* ofComponents(
  components: readonly ComponentStatus[],
  { publishedTree }: Health,
): Generator<Warning> {
  if (!publishedTree.up) return;
  const all = components.flatMap(({ published: { rpm, deb } }) => [...rpm, ...deb]);
  for (const { problem } of all) {
    if (problem) yield warning(`${problem}: promote it again, or put that folder right.`);
  }

  const unsigned = components.flatMap(({ component, published }) => [
    ...published.rpm
      .filter(isUnsigned)
      .map(({ series, target }) => `rpm/${component.name}/${series}/${target}`),
    ...published.deb
      .filter(isUnsigned)
      .map(({ series, distribution }) => `deb/${component.name}/${series} ${distribution}`),
  ]);
  if (unsigned.length > 0) {
    yield warning(
      `The metadata of ${list(unsigned)} carry no signature: clients that check them refuse these repositories. Sign them.`,
    );
  }

  const missing = components.filter(hasNothing).map(({ component }) => component.name);
  if (missing.length > 0) {
    yield warning(
      `Nothing is published of ${list(missing)}: whoever holds a key for ${missing.length > 1 ? 'them' : 'it'} gets 404. Stage a first package and promote it (bin/packyard promote).`,
    );
  }
}

function isUnsigned({ state, signed }: { state: string; signed: boolean }): boolean {
  return state === 'published' && !signed;
}

/** Of what can be known: a registry that is not asked may have an image. */
function hasNothing({ published: { rpm, deb, oci } }: ComponentStatus): boolean {
  const states = [...rpm, ...deb, ...(oci ? [oci] : [])].map(({ state }) => state);
  const known = states.filter((state) => state !== 'unknown');
  return known.length > 0 && known.every((state) => state === 'empty');
}

/** `a, b and c`; beyond five of them, `a, b, c, d, e and 3 more`. */
function list(names: readonly string[], total = names.length): string {
  const named = names.slice(0, NAMED);
  const rest = total > named.length ? [...named, `${total - named.length} more`] : named;
  return new Intl.ListFormat('en-GB').format(rest);
}

function inDays(days: number): string {
  return days === 1 ? '1 day' : `${days} days`;
}

function inMinutes(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}
