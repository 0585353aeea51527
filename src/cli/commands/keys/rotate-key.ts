import { granted } from '../../admin-api-client.js';
import type { Cli } from '../../cli.js';
import { minute, nameOf } from '../../key-texts.js';
import { command, ID_POSITIONAL } from '../command.js';

export const rotateKeyCommand = (cli: Cli) =>
  command({
    command: 'rotate <id>',
    describe: 'Give a key a new secret. Standard output is that alone, and has it this once',
    builder: (yargs) =>
      yargs
        .positional('id', ID_POSITIONAL)
        .option('overlap', {
          string: true,
          requiresArg: true,
          describe:
            'For how long the old secret works on: P7D (the default), PT12H; PT0S ends it now',
        })
        .option('replace', {
          boolean: true,
          describe: 'The new secret of a rotation under way got lost: put another in its place',
        })
        .example('$0 keys rotate ID --overlap P14D', 'Two weeks to change every machine')
        .example('$0 keys rotate ID --overlap PT0S', 'The old secret leaked'),
    handler: async (options) => {
      const { id, overlap, replace } = options;
      const key = await granted(
        cli.api(options).POST('/api/v1/keys/{id}/rotate', {
          params: { path: { id } },
          body: { overlap, replace },
        }),
      );
      cli.answer(options, key, () => key.key);
      if (options.json) return;
      const until = key.secrets.at(1)?.expires_at ?? null;
      cli.tell(
        `Gave key ${id} a new secret: ${nameOf(key)}. It is shown this once; the old one ` +
          (until === null ? 'no longer works.' : `works until ${minute(until, '')} UTC.`),
      );
    },
  });
