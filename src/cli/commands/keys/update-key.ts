import { grantedWithHeaders } from '../../admin-api-client.js';
import type { Cli } from '../../cli.js';
import { usageError } from '../../cli-error.js';
import { keyFacts } from '../../key-texts.js';
import { command, COMPONENT_OPTION, componentNames, ID_POSITIONAL, inForce } from '../command.js';

export const updateKeyCommand = (cli: Cli) =>
  command({
    command: 'update <id>',
    describe: 'Change what a key is called, opens or lasts; what is left out stays',
    builder: (yargs) =>
      yargs
        .positional('id', ID_POSITIONAL)
        .option('label', { alias: 'l', string: true, requiresArg: true, describe: 'A new label' })
        .option('customer', { string: true, requiresArg: true, describe: 'Whose key it is' })
        .option('no-customer', { boolean: true, describe: 'Say of nobody that it is theirs' })
        .option('component', {
          ...COMPONENT_OPTION,
          describe: 'A component that the key opens; those named are all that it opens from now on',
        })
        .option('expires-at', {
          string: true,
          requiresArg: true,
          describe: 'When it stops working, such as 2027-12-31T23:59:59Z',
        })
        .option('never-expires', { boolean: true, describe: 'It works until it is revoked' })
        .conflicts('customer', 'no-customer')
        .conflicts('expires-at', 'never-expires')
        .example('$0 keys update ID --expires-at 2028-12-31T23:59:59Z', 'One more year')
        .example('$0 keys update ID -c core -c minion', 'A component more'),
    handler: async (options) => {
      const changes = {
        label: options.label,
        customer: options.noCustomer ? null : options.customer,
        components: options.component && componentNames(options.component),
        expires_at: options.neverExpires ? null : options.expiresAt,
      };
      if (Object.values(changes).every((value) => value === undefined)) {
        throw usageError('Say what to change: --label, --customer, --component or --expires-at.');
      }
      const { data: key, headers } = await grantedWithHeaders(
        cli.api(options).PATCH('/api/v1/keys/{id}', {
          params: { path: { id: options.id } },
          body: changes,
        }),
      );
      cli.answer(options, key, () => keyFacts(key));
      if (!options.json) cli.tell(`Changed; ${inForce(headers.get('packyard-propagation'))}.`);
    },
  });
