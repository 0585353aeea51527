import { granted } from '../../admin-api-client.js';
import type { Cli } from '../../cli.js';
import { keyFacts } from '../../key-texts.js';
import { command, ID_POSITIONAL } from '../command.js';

export const showKeyCommand = (cli: Cli) =>
  command({
    command: 'show <id>',
    describe: 'Look at a key',
    builder: (yargs) => yargs.positional('id', ID_POSITIONAL),
    handler: async (options) => {
      const { id } = options;
      const key = await granted(
        cli.api(options).GET('/api/v1/keys/{id}', { params: { path: { id } } }),
      );
      cli.answer(options, key, () => keyFacts(key));
    },
  });
