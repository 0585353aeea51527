import { granted } from '../admin-api-client.js';
import type { Cli } from '../cli.js';
import { command } from './command.js';
import { PUBLICATION_OPTION, releaseOf } from './release-of.js';
import { signingOptions } from './signing-options.js';

export const withdrawCommand = (cli: Cli) =>
  command({
    command: 'withdraw <release> <packages..>',
    describe: 'Take packages out of what is live; no later promotion brings them back by itself',
    builder: (yargs) =>
      yargs
        .positional('release', {
          type: 'string',
          demandOption: true,
          describe: 'A release of the publication, such as the live one',
        })
        .positional('packages', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: 'Paths or file names of packages, as `release` shows them',
        })
        .option('now', {
          boolean: true,
          default: false,
          describe: 'Take their files away at once, although clients may be fetching them',
        })
        .option('publication', PUBLICATION_OPTION)
        .options(signingOptions(cli))
        .example('$0 withdraw 20261124T110500Z-3f9a1c acme-2.0-1.x86_64.rpm', ''),
    handler: async (options) => {
      const { carryOut } = await import('../signer/carry-out.js');
      const api = cli.api(options);
      const { packages, now } = options;
      const found = await releaseOf(api, options.release, options.publication);
      const { id: release, component, series, format, target } = found;
      // Of a DEB publication, one withdrawal may be of packages of several targets.
      const destination = { component, series, format, ...(format === 'rpm' && { target }) };
      await carryOut(
        cli,
        { ...options, stagingUrl: undefined, expect: undefined },
        { kind: 'withdrawal', release, destination, packages, now },
        async () => {
          const body = { release, packages, now };
          const change = await granted(api.POST('/api/v1/withdrawals', { body }));
          const paths = change.removed.map(({ path }) => path);
          if (!options.json) cli.tell(`Takes away ${paths.join(', ')}.`);
          return change.id;
        },
      );
    },
  });
