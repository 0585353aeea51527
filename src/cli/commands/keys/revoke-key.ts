import { grantedWithHeaders } from '../../admin-api-client.js';
import type { Cli } from '../../cli.js';
import { command, ID_POSITIONAL, inForce } from '../command.js';

export const revokeKeyCommand = (cli: Cli) =>
  command({
    command: 'revoke <id>',
    describe: 'Revoke a key: all its secrets stop working, for good',
    builder: (yargs) => yargs.positional('id', ID_POSITIONAL),
    handler: async (options) => {
      const { id } = options;
      const { headers } = await grantedWithHeaders(
        cli.api(options).DELETE('/api/v1/keys/{id}', { params: { path: { id } } }),
      );
      cli.tell(`Revoked key ${id}; ${inForce(headers.get('packyard-propagation'))}.`);
    },
  });
