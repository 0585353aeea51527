import { FORMATS } from '../../promotion/publication.js';
import type { components } from '../admin-api.js';
import { allPages } from '../all-pages.js';
import type { Cli } from '../cli.js';
import { minute } from '../key-texts.js';
import { table } from '../table.js';
import { command, LIMIT_OPTION } from './command.js';

type StagedFile = components['schemas']['StagedFileDto'];
const STATES = { complete: 'green', incomplete: 'yellow', refused: 'red' } as const;

export const stagingCommand = (cli: Cli) =>
  command({
    command: 'staging',
    describe: 'What waits to be promoted',
    builder: (yargs) =>
      yargs
        .option('component', { string: true, requiresArg: true, describe: 'For this component' })
        .option('series', { string: true, requiresArg: true, describe: 'For this series' })
        .option('format', { choices: FORMATS, requiresArg: true, describe: 'In this format' })
        .option('target', { string: true, requiresArg: true, describe: 'For this target' })
        .option('limit', LIMIT_OPTION),
    handler: async (options) => {
      const { component, series, format, target } = options;
      const filter = { component, series, format, target };
      const api = cli.api(options);
      const files = await allPages(
        (page) => api.GET('/api/v1/staging', { params: { query: { ...filter, ...page } } }),
        options.limit,
      );
      cli.answer(options, files, () => stagingTable(cli, files));
    },
  });

function stagingTable(cli: Cli, files: readonly StagedFile[]): string {
  if (files.length === 0) return 'Nothing is staged.';
  return table(
    [
      { title: 'STATE', paint: (cell) => paint(cli, cell) },
      { title: 'PATH', shrinks: true },
      { title: 'SIZE', align: 'right' },
      { title: 'STAGED (UTC)' },
      { title: 'PROBLEM', shrinks: true },
    ],
    files.map(({ state, path, size, staged_at, problem }) => [
      ...[state, path, String(size), minute(staged_at, '')],
      problem ?? '',
    ]),
    cli.environment.width,
  );
}

function paint(cli: Cli, cell: string): string {
  return cli.paint(STATES[cell.trim() as StagedFile['state']], cell);
}
