import { allPages } from '../../all-pages.js';
import type { Cli } from '../../cli.js';
import { keyTable } from '../../key-texts.js';
import { command, LIMIT_OPTION } from '../command.js';

export const listKeysCommand = (cli: Cli) =>
  command({
    command: 'list',
    describe: 'List keys, the newest first',
    builder: (yargs) =>
      yargs
        .option('component', {
          alias: 'c',
          string: true,
          requiresArg: true,
          describe: 'Keys that open this component',
        })
        .option('customer', {
          string: true,
          requiresArg: true,
          describe: 'Keys of exactly this customer',
        })
        .option('label', {
          alias: 'l',
          string: true,
          requiresArg: true,
          describe: 'Keys whose label has this in it, in upper or lower case',
        })
        .option('state', {
          choices: ['active', 'expired', 'revoked'] as const,
          requiresArg: true,
          describe: 'Keys in this state',
        })
        .option('expires-before', {
          string: true,
          requiresArg: true,
          describe: 'Keys that expire before this time, such as 2027-01-31T00:00:00Z',
        })
        .option('limit', LIMIT_OPTION)
        .example('$0 keys list --component core --state active', 'Who can install core')
        .example('$0 keys list --json | jq -r ".[].id"', 'For a program'),
    handler: async (options) => {
      const api = cli.api(options);
      const { component, customer, label, state, expiresBefore } = options;
      const filter = { component, customer, label, state, expires_before: expiresBefore };
      const keys = await allPages(
        (page) => api.GET('/api/v1/keys', { params: { query: { ...filter, ...page } } }),
        options.limit,
      );
      cli.answer(options, keys, () => keyTable(cli, keys));
    },
  });
