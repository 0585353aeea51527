import type { components } from './admin-api.js';
import type { Cli } from './cli.js';
import { minute } from './key-texts.js';
import { facts, table } from './table.js';

type Status = components['schemas']['StatusDto'];
type PublicationPromotions = components['schemas']['PublicationPromotionsDto'];

const STATE_STYLES = { ok: 'green', warning: 'yellow', critical: 'red' } as const;
const UNKNOWN = 'unknown: the database does not answer';

/** What a person wants to know first: what is wrong, then the figures. */
export function statusText(cli: Cli, status: Status): string {
  const { keys, promotions, health } = status;
  const warnings = status.warnings.map(
    ({ severity, message }) => `${cli.paint(STATE_STYLES[severity], severity)}: ${message}`,
  );
  const figures = facts([
    ['State', status.state],
    ['Version', `${status.version}, started ${minute(status.started_at, '')} UTC`],
    ['Keys', keys ? keysLine(keys) : UNKNOWN],
    ['Requests', requestsLine(status)],
    ['Promotions', promotions ? promotionsLine(promotions) : UNKNOWN],
    ['Database', health.database.problem ?? 'answers'],
    ['Processes', processesLine(health)],
    ['Registry', health.registry ? (health.registry.problem ?? 'answers') : 'none'],
    ['Backup', backupLine(health)],
  ]);
  const tables = [componentTable(cli, status), promotionTable(cli, promotions ?? [])];
  return [...warnings, figures, ...tables.filter((each) => each !== '')].join('\n\n');
}

function keysLine(keys: NonNullable<Status['keys']>): string {
  return (
    `${keys.active} active (${keys.expire_within_30_days} expire within 30 days), ` +
    `${keys.expired} expired, ${keys.revoked} revoked`
  );
}

function requestsLine({ requests }: Status): string {
  if (!requests) return UNKNOWN;
  const sum = (outcome: 'allowed' | 'allowed_public' | 'denied' | 'error') =>
    requests.by_hour.reduce((total, hour) => total + hour[outcome], 0);
  return `in 24 hours ${sum('allowed')} allowed, ${sum('allowed_public')} public, ${sum('denied')} denied, ${sum('error')} not decided`;
}

function promotionsLine(promotions: readonly PublicationPromotions[]): string {
  const sum = (what: 'under_way' | 'awaiting_signer') =>
    promotions.reduce((total, each) => total + each[what], 0);
  return `${sum('under_way')} under way, of which ${sum('awaiting_signer')} wait for a signer`;
}

function processesLine({ auth_processes: auth }: Status['health']): string {
  if (!auth) return UNKNOWN;
  return auth.processes.map(({ id, state }) => `${id} ${state}`).join(', ') || 'none reports';
}

function backupLine({ backup }: Status['health']): string {
  if (!backup) return 'none is configured';
  const { problem, last_verified_at: at, off_host: offHost } = backup;
  if (problem) return problem;
  const place = offHost ? 'copied off this host' : 'on this host alone';
  return `${minute(at, 'never')} UTC, restored to try it, ${place}`;
}

function componentTable(cli: Cli, { components: all }: Status): string {
  return table(
    [{ title: 'COMPONENT' }, { title: 'VISIBILITY' }, { title: 'PUBLISHED', shrinks: true }],
    all.map(({ name, visibility, published }) => [name, visibility, publishedOf(published)]),
    cli.environment.width,
  );
}

/** The last of each publication; empty where nothing was ever promoted. */
function promotionTable(cli: Cli, promotions: readonly PublicationPromotions[]): string {
  if (promotions.length === 0) return '';
  return table(
    [
      { title: 'PUBLICATION' },
      { title: 'UNDER WAY', align: 'right' },
      { title: 'LAST' },
      { title: 'STATE' },
      { title: 'WHEN (UTC)' },
      { title: 'ID' },
    ],
    promotions.map(({ publication, under_way, last: { kind, state, error_code, at, id } }) => [
      ...[publication, String(under_way), kind],
      ...[error_code ? `${state} (${error_code})` : state, minute(at, ''), id],
    ]),
    cli.environment.width,
  );
}

/** `rpm 2 of 6, image 2024, 2025`: of each format, at how many of its places there is something. */
function publishedOf({ rpm, deb, oci }: Status['components'][number]['published']): string {
  const places = Object.entries({ rpm, deb })
    .filter(([, all]) => all.length > 0)
    .map(([format, all]) => {
      const there = all.filter(({ state }) => state === 'published');
      return `${format} ${there.length} of ${all.length}`;
    });
  const image = oci && `image ${oci.tags.join(', ') || oci.state}`;
  return [...places, ...(image ? [image] : [])].join(', ');
}
