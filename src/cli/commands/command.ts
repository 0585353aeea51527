import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import type { GlobalOptions } from '../cli.js';
import { usageError } from '../cli-error.js';

/** As yargs takes it, whatever its options are. */
export type Command = CommandModule<object, object>;

/** A command whose handler gets what its builder declares, besides the options of every command. */
export function command<Options extends GlobalOptions>(module: {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: Argv<GlobalOptions>) => Argv<Options>;
  readonly handler: (options: ArgumentsCamelCase<Options>) => Promise<void> | void;
}): Command {
  return module as unknown as Command;
}

/** A command that only has others. */
export function group(name: string, describe: string, commands: readonly Command[]): Command {
  return {
    command: name,
    describe,
    builder: (yargs) =>
      commands
        .reduce((all, each) => all.command(each), yargs)
        .demandCommand(1, `Say what to do with ${name}.`),
    handler: () => undefined, // one of the others has it
  };
}

/** What becomes of a change, by `Packyard-Propagation`. */
export function inForce(propagation: string | null): string {
  const seconds = /^pending; at-most=(\d+)/.exec(propagation ?? '')?.[1];
  return seconds === undefined
    ? 'every process follows it'
    : `a process has not confirmed it yet, and follows within ${seconds} s`;
}

/** `core,minion` and `--component core --component minion` mean the same. */
export function componentNames(given: readonly string[]): string[] {
  return given.flatMap((each) => each.split(',')).filter((name) => name !== '');
}

export const COMPONENT_OPTION = {
  alias: 'c',
  array: true,
  string: true,
  requiresArg: true,
  describe: 'A component that the key opens; several times, or parted by commas, for more',
} as const;

export const ID_POSITIONAL = {
  type: 'string',
  demandOption: true,
  describe: 'The id of the key, as `keys list` shows it',
} as const;

export const LIMIT_OPTION = {
  alias: 'n',
  number: true,
  requiresArg: true,
  describe: 'At most so many; without it, all',
  coerce: (limit: number | undefined) => {
    if (limit === undefined || (Number.isInteger(limit) && limit > 0)) return limit;
    throw usageError('--limit must be a whole number from 1.');
  },
} as const;
