import { granted } from '../../admin-api-client.js';
import type { Cli } from '../../cli.js';
import { SETUP_CLIENTS, setupText } from '../../setup-text.js';
import { command, ID_POSITIONAL } from '../command.js';

export const setupKeyCommand = (cli: Cli) =>
  command({
    command: 'setup <id> [client]',
    describe: 'What the subscriber pastes to start, for each client that the key is of use to',
    builder: (yargs) =>
      yargs
        .positional('id', ID_POSITIONAL)
        .positional('client', {
          choices: SETUP_CLIENTS,
          describe: 'For this client alone',
        })
        .option('series', {
          string: true,
          requiresArg: true,
          describe: 'Of each component, this series; else its newest',
        })
        .example('$0 keys setup ID apt', 'To paste into a shell; it asks for the key'),
    handler: async (options) => {
      const { id, client, series } = options;
      const setup = await granted(
        cli.api(options).GET('/api/v1/keys/{id}/setup', {
          params: { path: { id }, query: { series } },
        }),
      );
      cli.answer(options, setup, () => setupText(setup, client));
      if (!options.json) setup.notes.forEach((note) => cli.tell(`Note: ${note}`));
    },
  });
