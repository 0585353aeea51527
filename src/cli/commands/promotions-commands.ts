import { granted } from '../admin-api-client.js';
import type { components } from '../admin-api.js';
import { allPages } from '../all-pages.js';
import type { Cli } from '../cli.js';
import { PromotionFailure } from '../cli-error.js';
import { minute } from '../key-texts.js';
import { facts, table } from '../table.js';
import { command, group, LIMIT_OPTION } from './command.js';

type Promotion = components['schemas']['PromotionDto'];

export const promotionsCommands = (cli: Cli) =>
  group('promotions', 'Promotions, rollbacks and withdrawals, under way and ended', [
    listPromotionsCommand(cli),
    showPromotionCommand(cli),
    followPromotionCommand(cli),
    cancelPromotionCommand(cli),
  ]);

const ID = {
  type: 'string',
  demandOption: true,
  describe: 'The promotion, as `promotions list` shows it',
} as const;

const listPromotionsCommand = (cli: Cli) =>
  command({
    command: 'list',
    describe: 'List promotions, the newest first',
    builder: (yargs) =>
      yargs
        .option('component', { string: true, requiresArg: true, describe: 'Of this component' })
        .option('state', {
          choices: [
            'queued',
            'running',
            'awaiting_signatures',
            'live',
            'failed',
            'cancelled',
          ] as const,
          requiresArg: true,
          describe: 'In this state',
        })
        .option('limit', { ...LIMIT_OPTION, default: 20, describe: 'At most so many' }),
    handler: async (options) => {
      const { component, state } = options;
      const api = cli.api(options);
      const promotions = await allPages(
        (page) =>
          api.GET('/api/v1/promotions', { params: { query: { component, state, ...page } } }),
        options.limit,
      );
      cli.answer(options, promotions, () => promotionTable(cli, promotions));
    },
  });

const showPromotionCommand = (cli: Cli) =>
  command({
    command: 'show <id>',
    describe: 'Look at a promotion, as far as it is',
    builder: (yargs) => yargs.positional('id', ID),
    handler: async (options) => {
      const params = { path: { id: options.id } };
      const promotion = await granted(cli.api(options).GET('/api/v1/promotions/{id}', { params }));
      cli.answer(options, promotion, () => promotionFacts(promotion));
    },
  });

const followPromotionCommand = (cli: Cli) =>
  command({
    command: 'follow <id>',
    describe: 'Watch a promotion to its end. To leave it does not cancel it',
    builder: (yargs) => yargs.positional('id', ID),
    handler: async (options) => {
      const { promotionEvents } = await import('../signer/promotion-events.js');
      const { Progress } = await import('../signer/progress.js');
      const api = cli.api(options);
      const params = { path: { id: options.id } };
      await granted(api.GET('/api/v1/promotions/{id}', { params }));
      const progress = new Progress(cli, options.json);
      const toTheEnd = new AbortController().signal;
      for await (const event of promotionEvents(api, options.id, toTheEnd)) progress.told(event);
      progress.end();
      const ended = await granted(api.GET('/api/v1/promotions/{id}', { params }));
      if (!options.json) cli.write(promotionFacts(ended));
      if (ended.state === 'live') return;
      const { code, message } = ended.error ?? {
        code: 'CANCELLED',
        message: ended.cancel_reason ?? 'It was cancelled.',
      };
      throw new PromotionFailure(1, code, message);
    },
  });

const cancelPromotionCommand = (cli: Cli) =>
  command({
    command: 'cancel <id>',
    describe: 'End a promotion that is not live. What was staged stays staged',
    builder: (yargs) =>
      yargs.positional('id', ID).option('reason', {
        string: true,
        requiresArg: true,
        describe: 'Why, for who looks at it later',
      }),
    handler: async (options) => {
      const { id, reason } = options;
      const params = { path: { id } };
      const promotion = await granted(
        cli.api(options).POST('/api/v1/promotions/{id}/cancel', { params, body: { reason } }),
      );
      cli.answer(options, promotion, () => 'It ends at the next moment at which it can.');
    },
  });

function promotionTable(cli: Cli, promotions: readonly Promotion[]): string {
  if (promotions.length === 0) return 'No promotions.';
  return table(
    [
      { title: 'ID' },
      { title: 'KIND' },
      { title: 'PUBLICATION' },
      { title: 'TARGET' },
      { title: 'STATE', paint: (cell) => paintState(cli, cell) },
      { title: 'ORDERED (UTC)' },
      { title: 'ACTOR', shrinks: true },
    ],
    promotions.map(({ id, kind, publication, target, state, created_at, actor }) => [
      ...[id, kind, publication, target, state, minute(created_at, ''), actor],
    ]),
    cli.environment.width,
  );
}

function promotionFacts(promotion: Promotion): string {
  const { error, cancel_reason: reason, steps, warnings } = promotion;
  return facts([
    ['Id', promotion.id],
    ['What', `${promotion.kind} of ${promotion.target}, ${promotion.publication}`],
    ['State', promotion.state],
    ...(error ? [['Why', `${error.code}: ${error.message}`] as const] : []),
    ...(reason ? [['Why', reason] as const] : []),
    ['Ordered', `${minute(promotion.created_at, '')} UTC by ${promotion.actor}`],
    ['Ended', promotion.finished_at ? `${minute(promotion.finished_at, '')} UTC` : 'not yet'],
    ['Built upon', promotion.base ?? '–'],
    ['Release', promotion.release ?? '–'],
    ...steps.map(
      ({ name, done, total, finished_at }) =>
        [
          name,
          `${finished_at ? 'done' : 'under way'}${total === null ? '' : `, ${done} of ${total}`}`,
        ] as const,
    ),
    ...warnings.map((warning) => ['Warning', warning] as const),
  ]);
}

function paintState(cli: Cli, cell: string): string {
  const styles = { live: 'green', failed: 'red', cancelled: 'yellow' } as const;
  const style = styles[cell.trim() as keyof typeof styles];
  return style ? cli.paint(style, cell) : cell;
}
