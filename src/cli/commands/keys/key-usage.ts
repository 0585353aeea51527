import { granted } from '../../admin-api-client.js';
import type { Cli } from '../../cli.js';
import { table } from '../../table.js';
import { command, ID_POSITIONAL } from '../command.js';

export const keyUsageCommand = (cli: Cli) =>
  command({
    command: 'usage <id>',
    describe: 'How much a key was used, day by day',
    builder: (yargs) =>
      yargs
        .positional('id', ID_POSITIONAL)
        .option('from', {
          string: true,
          requiresArg: true,
          describe: 'The first day (UTC), such as 2027-01-01; else 30 days in all',
        })
        .option('to', {
          string: true,
          requiresArg: true,
          describe: 'The last day (UTC); else today',
        }),
    handler: async (options) => {
      const { id, from, to } = options;
      const days = await granted(
        cli.api(options).GET('/api/v1/keys/{id}/usage', {
          params: { path: { id }, query: { from, to } },
        }),
      );
      cli.answer(options, days, () =>
        table(
          [
            { title: 'DAY' },
            { title: 'REQUESTS', align: 'right' },
            { title: 'OF WHICH', shrinks: true },
          ],
          days.map(({ day, requests, by }) => [
            day,
            String(requests),
            by.map((each) => `${each.component} ${each.format} ${each.requests}`).join(', '),
          ]),
          cli.environment.width,
        ),
      );
    },
  });
