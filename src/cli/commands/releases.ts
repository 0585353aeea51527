import { FORMATS } from '../../promotion/publication.js';
import { granted } from '../admin-api-client.js';
import type { components } from '../admin-api.js';
import { allPages } from '../all-pages.js';
import type { Cli } from '../cli.js';
import { minute } from '../key-texts.js';
import { facts, table } from '../table.js';
import { command, LIMIT_OPTION } from './command.js';

type Release = components['schemas']['ReleaseDto'];

export const releasesCommand = (cli: Cli) =>
  command({
    command: 'releases [components..]',
    describe: 'What was live when, the newest first',
    builder: (yargs) =>
      yargs
        .positional('components', {
          type: 'string',
          array: true,
          describe: 'Of these components; without any, of all',
        })
        .option('series', { string: true, requiresArg: true, describe: 'Of this series' })
        .option('format', { choices: FORMATS, requiresArg: true, describe: 'Of this format' })
        .option('target', { string: true, requiresArg: true, describe: 'Of this target' })
        .option('live', {
          boolean: true,
          default: false,
          describe: 'What is live now, and no other',
        })
        .option('limit', LIMIT_OPTION)
        .example('$0 releases core --live', ''),
    handler: async (options) => {
      const { series, format, target, live, limit } = options;
      const api = cli.api(options);
      const wanted = options.components?.length ? options.components : [undefined];
      const found: Release[] = [];
      for (const component of wanted) {
        const filter = { component, series, format, target };
        found.push(
          ...(await allPages(
            (page) => api.GET('/api/v1/releases', { params: { query: { ...filter, ...page } } }),
            live ? undefined : limit,
          )),
        );
      }
      found.sort((a, b) => (a.id < b.id ? 1 : -1));
      const releases = found.filter((each) => !live || each.live).slice(0, limit);
      cli.answer(options, releases, () => releaseTable(cli, releases));
    },
  });

export const releaseCommand = (cli: Cli) =>
  command({
    command: 'release <id>',
    describe: 'Look at a release and its packages',
    builder: (yargs) =>
      yargs.positional('id', {
        type: 'string',
        demandOption: true,
        describe: 'The release, as `releases` shows it',
      }),
    handler: async (options) => {
      const params = { path: { id: options.id } };
      const release = await granted(cli.api(options).GET('/api/v1/releases/{id}', { params }));
      cli.answer(options, release, () => releaseFacts(cli, release));
    },
  });

function releaseTable(cli: Cli, releases: readonly Release[]): string {
  if (releases.length === 0) return 'No releases.';
  return table(
    [
      { title: 'RELEASE' },
      { title: 'PUBLICATION' },
      { title: 'STATE', paint: (cell) => (/^live/.test(cell) ? cli.paint('green', cell) : cell) },
      { title: 'BY' },
      { title: 'CREATED (UTC)' },
      { title: 'PACKAGES', align: 'right' },
      { title: 'ACTOR', shrinks: true },
    ],
    releases.map((release) => [
      release.id,
      release.publication,
      stateOf(release),
      release.kind,
      minute(release.created_at, ''),
      String(release.packages.length),
      release.actor,
    ]),
    cli.environment.width,
  );
}

function releaseFacts(cli: Cli, release: Release): string {
  const { packages } = release;
  const about = facts([
    ['Release', release.id],
    ['Publication', release.publication],
    ['State', stateOf(release)],
    ['Made by', `${release.kind} of ${release.target} (${release.promotion})`],
    ['Created', `${minute(release.created_at, '')} UTC by ${release.actor}`],
    ['Built upon', release.base ?? 'nothing: it was the first'],
  ]);
  if (packages.length === 0) return `${about}\n\nIt holds no packages.`;
  const columns = [
    ...['TARGET', 'NAME', 'VERSION', 'ARCHITECTURE'].map((title) => ({ title })),
    { title: 'PATH', shrinks: true },
  ];
  const rows = packages.map((each) => [
    ...[each.target, each.name, each.version, each.architecture, each.path],
  ]);
  return `${about}\n\n${table(columns, rows, cli.environment.width)}`;
}

function stateOf({ live, kept }: Release): string {
  return live ? 'live' : kept ? 'kept' : 'removed';
}
