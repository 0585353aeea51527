import type { components } from './admin-api.js';
import type { Cli } from './cli.js';
import { minute } from './key-texts.js';
import { facts, table } from './table.js';

type Status = components['schemas']['StatusDto'];

const STATE_STYLES = { ok: 'green', warning: 'yellow', critical: 'red' } as const;
const UNKNOWN = 'unknown: the database does not answer';

/** What a person wants to know first: what is wrong, then the figures. */
export function statusText(cli: Cli, status: Status): string {
  const { keys, health } = status;
  const warnings = status.warnings.map(
    ({ severity, message }) => `${cli.paint(STATE_STYLES[severity], severity)}: ${message}`,
  );
  const figures = facts([
    ['State', status.state],
    ['Version', `${status.version}, started ${minute(status.started_at, '')} UTC`],
    ['Keys', keys ? keysLine(keys) : UNKNOWN],
    ['Requests', requestsLine(status)],
    ['Database', health.database.problem ?? 'answers'],
    ['Processes', processesLine(health)],
    ['Registry', health.registry ? (health.registry.problem ?? 'answers') : 'none'],
  ]);
  return [...warnings, figures, componentTable(cli, status)].join('\n\n');
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

function processesLine({ auth_processes: auth }: Status['health']): string {
  if (!auth) return UNKNOWN;
  return auth.processes.map(({ id, state }) => `${id} ${state}`).join(', ') || 'none reports';
}

function componentTable(cli: Cli, { components: all }: Status): string {
  return table(
    [{ title: 'COMPONENT' }, { title: 'VISIBILITY' }, { title: 'PUBLISHED', shrinks: true }],
    all.map(({ name, visibility, published }) => [name, visibility, publishedOf(published)]),
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
