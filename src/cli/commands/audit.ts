import { allPages } from '../all-pages.js';
import type { Cli } from '../cli.js';
import { minute } from '../key-texts.js';
import { table } from '../table.js';
import { command, LIMIT_OPTION } from './command.js';

export const auditCommand = (cli: Cli) =>
  command({
    command: 'audit',
    describe: 'Who changed what, and when; the newest first',
    builder: (yargs) =>
      yargs
        .option('actor', { string: true, requiresArg: true, describe: 'Changes made by this one' })
        .option('action', {
          string: true,
          requiresArg: true,
          describe: 'Changes of this kind, such as key.revoke',
        })
        .option('subject', {
          string: true,
          requiresArg: true,
          describe: 'Changes to this, such as key:ID',
        })
        .option('since', {
          string: true,
          requiresArg: true,
          describe: 'From this time on, such as 2027-01-31T00:00:00Z',
        })
        .option('until', { string: true, requiresArg: true, describe: 'Before this time' })
        .option('limit', LIMIT_OPTION)
        .example('$0 audit --limit 20', 'The latest')
        .example('$0 audit --action key.revoke --since 2027-01-01T00:00:00Z', 'Who revoked what'),
    handler: async (options) => {
      const api = cli.api(options);
      const { actor, action, subject, since, until } = options;
      const filter = { actor, action, subject, since, until };
      const events = await allPages(
        (page) => api.GET('/api/v1/audit', { params: { query: { ...filter, ...page } } }),
        options.limit,
      );
      cli.answer(options, events, () =>
        events.length === 0
          ? 'No changes.'
          : table(
              [
                { title: 'AT (UTC)' },
                { title: 'ACTOR', shrinks: true },
                { title: 'ACTION' },
                { title: 'SUBJECT' },
                { title: 'DETAILS', shrinks: true },
              ],
              events.map((event) => [
                minute(event.at, ''),
                event.actor,
                event.action,
                event.subject,
                JSON.stringify(event.details),
              ]),
              cli.environment.width,
            ),
      );
    },
  });
