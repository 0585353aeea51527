import type { components } from './admin-api.js';
import type { Cli } from './cli.js';
import { facts, table } from './table.js';

export type KeyDto = components['schemas']['KeyDto'];

const STATE_STYLES = { active: 'green', expired: 'yellow', revoked: 'red' } as const;

/** `2027-01-31 23:59`, in UTC. */
export function minute(time: string | null, otherwise: string): string {
  return time === null ? otherwise : time.slice(0, 16).replace('T', ' ');
}

/** What a person recognises a key by. */
export function nameOf({ label, components }: KeyDto): string {
  return `“${label}” for ${components.join(', ')}`;
}

export function keyTable(cli: Cli, keys: readonly KeyDto[]): string {
  if (keys.length === 0) return 'No keys.';
  return table(
    [
      { title: 'ID' },
      { title: 'STATE', paint: (cell) => paintState(cli, cell) },
      { title: 'COMPONENTS', shrinks: true },
      { title: 'LABEL', shrinks: true },
      { title: 'CUSTOMER', shrinks: true },
      { title: 'EXPIRES (UTC)' },
      { title: 'LAST USED' },
      { title: 'REQUESTS', align: 'right' },
    ],
    keys.map((key) => [
      key.id,
      key.state,
      key.components.join(', '),
      key.label,
      key.customer ?? '',
      minute(key.expires_at, 'never'),
      minute(key.last_used_at, 'never'),
      String(key.usage_count),
    ]),
    cli.environment.width,
  );
}

export function keyFacts(key: KeyDto): string {
  return facts([
    ['Id', key.id],
    ['Label', key.label],
    ['Customer', key.customer ?? '–'],
    ['Components', key.components.join(', ')],
    ['State', key.state],
    ['Created', `${minute(key.created_at, '')} UTC`],
    ['Expires', key.expires_at === null ? 'never' : `${minute(key.expires_at, '')} UTC`],
    ...(key.revoked_at ? [['Revoked', `${minute(key.revoked_at, '')} UTC`] as const] : []),
    ['Requests', String(key.usage_count)],
    ['Last used', key.last_used_at === null ? 'never' : `${minute(key.last_used_at, '')} UTC`],
    ...key.secrets.map(
      ({ hint, created_at, expires_at }, index) =>
        [
          index === 0 ? 'Secret' : 'Older secret',
          `${hint}, made ${minute(created_at, '')} UTC${expires_at ? `, works until ${minute(expires_at, '')} UTC` : ''}`,
        ] as const,
    ),
  ]);
}

function paintState(cli: Cli, cell: string): string {
  const style = STATE_STYLES[cell.trim() as KeyDto['state']];
  return style ? cli.paint(style, cell) : cell;
}
