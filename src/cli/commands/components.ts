import { granted, grantedWithHeaders } from '../admin-api-client.js';
import type { components } from '../admin-api.js';
import type { Cli } from '../cli.js';
import { table } from '../table.js';
import { command, group, inForce } from './command.js';

type Component = components['schemas']['ComponentDto'];

export const componentsCommands = (cli: Cli) =>
  group('components', 'What exists, and what a key can be scoped to', [
    listComponentsCommand(cli),
    reloadComponentsCommand(cli),
  ]);

const listComponentsCommand = (cli: Cli) =>
  command({
    command: 'list',
    describe: 'List the components of the catalogue in force',
    builder: (yargs) => yargs,
    handler: async (options) => {
      const all = await granted(cli.api(options).GET('/api/v1/components'));
      cli.answer(options, all, () => componentTable(cli, all));
    },
  });

const reloadComponentsCommand = (cli: Cli) =>
  command({
    command: 'reload',
    describe: 'Read the catalogue file again; one with mistakes changes nothing',
    builder: (yargs) =>
      yargs.option('force', {
        boolean: true,
        default: false,
        describe: 'Although it lacks a component that live keys use',
      }),
    handler: async (options) => {
      const { data, headers } = await grantedWithHeaders(
        cli.api(options).POST('/api/v1/components/reload', { body: { force: options.force } }),
      );
      cli.answer(options, data, () =>
        [
          data.changed
            ? `The catalogue is in force; ${inForce(headers.get('packyard-propagation'))}.`
            : 'The file says what was in force already.',
          ...data.affected_keys.map(
            ({ id, label }) => `It takes a component from ${id} (${label}).`,
          ),
        ].join('\n'),
      );
    },
  });

function componentTable(cli: Cli, all: readonly Component[]): string {
  return table(
    [
      { title: 'NAME' },
      { title: 'VISIBILITY' },
      { title: 'SERIES' },
      { title: 'FORMATS' },
      { title: 'DESCRIPTION', shrinks: true },
    ],
    all.map((component) => [
      component.name,
      component.visibility,
      component.series.join(', '),
      (['rpm', 'deb', 'oci'] as const).filter((format) => component[format]).join(', '),
      component.description,
    ]),
    cli.environment.width,
  );
}
