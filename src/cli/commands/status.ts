import { granted } from '../admin-api-client.js';
import type { Cli } from '../cli.js';
import { statusText } from '../status-text.js';
import { command } from './command.js';

export const statusCommand = (cli: Cli) =>
  command({
    command: 'status',
    describe: 'How everything is: warnings, components, keys, requests, health',
    builder: (yargs) => yargs,
    handler: async (options) => {
      const status = await granted(cli.api(options).GET('/api/v1/status'));
      cli.answer(options, status, () => statusText(cli, status));
    },
  });
