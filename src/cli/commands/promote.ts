import { FORMATS } from '../../promotion/publication.js';
import { granted } from '../admin-api-client.js';
import type { Cli } from '../cli.js';
import { command } from './command.js';
import { signingOptions } from './signing-options.js';

export const promoteCommand = (cli: Cli) =>
  command({
    command: 'promote <component> <series> <format> <target>',
    describe: 'Put what is staged live: verified, signed with GPG_PRIVATE_KEY, and in one step',
    builder: (yargs) =>
      yargs
        .positional('component', { type: 'string', demandOption: true, describe: 'Such as core' })
        .positional('series', { type: 'string', demandOption: true, describe: 'Such as 2025' })
        .positional('format', { choices: FORMATS, demandOption: true, describe: 'What it is' })
        .positional('target', {
          type: 'string',
          demandOption: true,
          describe: 'Such as el9-x86_64 or bookworm-amd64',
        })
        .option('expect', {
          string: true,
          requiresArg: true,
          describe: "The build's own list, as sha256sum writes it: nothing else is signed",
        })
        .options(signingOptions(cli))
        .option('staging-url', {
          string: true,
          requiresArg: true,
          describe: 'Where staging is, in the place of STAGING_URL',
        })
        .option('dry-run', {
          boolean: true,
          default: false,
          describe: 'Only show what would be added, replaced and removed. Needs no key',
        })
        .example('$0 promote core 2025 rpm el9-x86_64 --expect dist/SHA256SUMS', 'In CI')
        .example('$0 promote core 2025 deb bookworm-amd64 --dry-run', 'What it would do'),
    handler: async (options) => {
      const { component, series, format, target } = options;
      const destination = { component, series, format, target };
      if (options.dryRun) {
        const { dryRun } = await import('../signer/dry-run.js');
        return dryRun(cli, options, destination);
      }
      const { carryOut } = await import('../signer/carry-out.js');
      const api = cli.api(options);
      const place = async () => {
        const { id } = await granted(api.POST('/api/v1/promotions', { body: destination }));
        return id;
      };
      await carryOut(cli, options, { kind: 'promotion', destination }, place);
    },
  });
