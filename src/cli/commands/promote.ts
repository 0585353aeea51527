import { FORMATS } from '../../promotion/publication.js';
import { granted } from '../admin-api-client.js';
import type { Cli } from '../cli.js';
import { usageError } from '../cli-error.js';
import { command } from './command.js';
import { signingOptions } from './signing-options.js';

export const promoteCommand = (cli: Cli) =>
  command({
    command: 'promote <component> <series> <format> <target>',
    describe:
      'Put what is staged live: verified, signed with GPG_PRIVATE_KEY or COSIGN_PRIVATE_KEY, and in one step',
    builder: (yargs) =>
      yargs
        .positional('component', { type: 'string', demandOption: true, describe: 'Such as core' })
        .positional('series', { type: 'string', demandOption: true, describe: 'Such as 2025' })
        .positional('format', { choices: FORMATS, demandOption: true, describe: 'What it is' })
        .positional('target', {
          type: 'string',
          demandOption: true,
          describe: 'Such as el9-x86_64 or bookworm-amd64; all of images',
        })
        .option('expect', {
          string: true,
          requiresArg: true,
          describe: "The build's own list, as sha256sum writes it: nothing else is signed",
        })
        .option('keep', {
          number: true,
          requiresArg: true,
          describe: 'Of each package, keep so many of the newest versions live; otherwise all',
          coerce: (keep: number | undefined) => {
            if (keep === undefined || (Number.isInteger(keep) && keep >= 1 && keep <= 1000)) {
              return keep;
            }
            throw usageError('--keep must be a whole number from 1 to 1000.');
          },
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
      const { component, series, format, target, keep } = options;
      if (keep !== undefined && format === 'oci') {
        throw usageError('--keep is not for images: of a series, one is live.');
      }
      const destination = { component, series, format, target };
      if (options.dryRun) {
        const { dryRun } = await import('../signer/dry-run.js');
        return dryRun(cli, options, destination, keep);
      }
      const { carryOut } = await import('../signer/carry-out.js');
      const api = cli.api(options);
      const place = async () => {
        const { id } = await granted(
          api.POST('/api/v1/promotions', { body: { ...destination, keep } }),
        );
        return id;
      };
      const order = {
        kind: 'promotion',
        destination,
        ...(keep !== undefined && { keep }),
      } as const;
      await carryOut(cli, options, order, place);
    },
  });
