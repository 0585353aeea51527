import type { Cli } from '../cli.js';
import { usageError } from '../cli-error.js';

/** Options of every command that signs. */
export const signingOptions = (cli: Cli) =>
  ({
    base: {
      string: true,
      requiresArg: true,
      describe:
        'What it must build upon: the digest that was shown before, or "none" for the first',
      coerce: (base: string | undefined) => {
        if (base === undefined || /^([0-9A-Fa-f]{64}|none)$/.test(base)) return base;
        throw usageError('--base must be 64 hex digits, as they are shown for a base, or "none".');
      },
    },
    host: {
      string: true,
      requiresArg: true,
      default: cli.environment.host,
      describe: 'Of images: the host in their names, as subscribers type it',
    },
    'public-keys': {
      string: true,
      requiresArg: true,
      default: cli.environment.publicKeysDir,
      defaultDescription: 'static/content/gpg of the checkout',
      describe: 'The folder of lts.asc, which vouches for what is live, and of cosign.pub',
    },
  }) as const;
