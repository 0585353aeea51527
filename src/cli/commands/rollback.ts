import { granted } from '../admin-api-client.js';
import type { Cli } from '../cli.js';
import { command } from './command.js';
import { PUBLICATION_OPTION, releaseOf } from './release-of.js';
import { signingOptions } from './signing-options.js';

export const rollbackCommand = (cli: Cli) =>
  command({
    command: 'rollback <release>',
    describe: 'Bring back what a target held when a release was live',
    builder: (yargs) =>
      yargs
        .positional('release', {
          type: 'string',
          demandOption: true,
          describe: 'The release, as `releases` shows it',
        })
        .option('target', {
          string: true,
          requiresArg: true,
          describe: 'Which target; without it, that of the promotion which made the release',
        })
        .option('publication', PUBLICATION_OPTION)
        .options(signingOptions(cli))
        .example('$0 rollback 20261124T110500Z-3f9a1c', '')
        .epilogue('RPM needs no signing key for it; DEB does, because apt ignores an older date.'),
    handler: async (options) => {
      const { carryOut } = await import('../signer/carry-out.js');
      const api = cli.api(options);
      const { id: release, ...place } = await releaseOf(api, options.release, options.publication);
      const target = options.target ?? place.target;
      const destination = { ...place, target };
      await carryOut(
        cli,
        { ...options, stagingUrl: undefined, expect: undefined },
        { kind: 'rollback', release, destination },
        async () => {
          const change = await granted(
            api.POST('/api/v1/rollbacks', { body: { release, target } }),
          );
          const { added, removed, client_command } = change;
          if (!options.json) {
            cli.tell(
              `Of ${target}: packages that come back: ${added.length}; that go: ${removed.length}.`,
            );
            if (client_command) cli.tell(`On an upgraded machine: ${client_command}`);
          }
          return change.id;
        },
      );
    },
  });
