import { granted } from '../../admin-api-client.js';
import type { Cli } from '../../cli.js';
import { keyFacts } from '../../key-texts.js';
import { readSecret } from '../../read-secret.js';
import { command } from '../command.js';

export const lookupKeyCommand = (cli: Cli) =>
  command({
    command: 'lookup',
    describe: 'Which key is this, and why is it refused? Reads the key from standard input',
    builder: (yargs) =>
      yargs
        .option('path', {
          string: true,
          requiresArg: true,
          describe:
            'What the subscriber asks for, such as /rpm/core/2025/el9-x86_64/repodata/repomd.xml',
        })
        .example('$0 keys lookup', 'Asks for the key, and does not show it')
        .example('$0 keys lookup --path /deb/core/2025/ < key.txt', 'May it read this?'),
    handler: async (options) => {
      const key = await readSecret(process.stdin, 'Paste the key and press Enter: ');
      const found = await granted(
        cli.api(options).POST('/api/v1/keys/lookup', { body: { key, path: options.path } }),
      );
      cli.answer(options, found, () => {
        const denied = found.denied_for;
        const verdict = denied
          ? cli.paint('red', `Refused (${denied.reason}): ${denied.message}`)
          : cli.paint('green', 'Let through.');
        return found.key ? `${keyFacts(found.key)}\n\n${verdict}` : `${found.hint}\n\n${verdict}`;
      });
    },
  });
