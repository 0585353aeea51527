import { readFileSync } from 'node:fs';
import yargs from 'yargs';
import { Cli } from './cli.js';
import { CliError, PromotionFailure, usageError } from './cli-error.js';
import { auditCommand } from './commands/audit.js';
import { completionCommand } from './commands/completion.js';
import { componentsCommands } from './commands/components.js';
import { keysCommands } from './commands/keys-commands.js';
import { promoteCommand } from './commands/promote.js';
import { promotionsCommands } from './commands/promotions-commands.js';
import { releaseCommand, releasesCommand } from './commands/releases.js';
import { rollbackCommand } from './commands/rollback.js';
import { stagingCommand } from './commands/staging.js';
import { statusCommand } from './commands/status.js';
import { withdrawCommand } from './commands/withdraw.js';
import { tokensCommands } from './commands/tokens.js';
import { COMPLETION_FLAG } from './completion-scripts.js';
import { completionWords } from './completion-words.js';
import type { CliEnvironment } from './environment.js';

const EPILOGUE = `Environment:
  PACKYARD_ADMIN_URL    where the admin API answers, as --admin-url
  PACKYARD_ADMIN_TOKEN  a token, where ADMIN_TOKENS_FILE is set
  PACKYARD_ACTOR        who the audit says it was; else $USER@HOST
  NO_COLOR              no colours
  GPG_PRIVATE_KEY, GPG_KEY_ID, GPG_PASSPHRASE
                        the signing key of promote, rollback and withdraw
  STAGING_URL, STAGING_ACCESS_KEY, STAGING_SECRET_KEY
                        where promote reads staging; also RUSTFS_ACCESS_KEY, RUSTFS_SECRET_KEY

Exit codes: 0 done (of a promotion: it is live), 1 refused or failed, 2 no such command,
3 no server answered, 130 interrupted.
From another machine, open the tunnel first: ssh -N -L 8088:127.0.0.1:8088 deploy@HOST`;

/** Runs one command. @returns the exit code of the process */
export async function runCli(
  args: readonly string[],
  environment: CliEnvironment,
): Promise<number> {
  const cli = new Cli(environment);
  try {
    if (args[0] === COMPLETION_FLAG) await offerWords(cli, args.slice(1));
    else await parser(cli, args).parseAsync();
    return 0;
  } catch (error) {
    const { exitCode, code, message } = asCliError(error);
    const said = `${code}: ${message}`;
    cli.tell(error instanceof PromotionFailure ? said : withoutSecrets(said));
    return exitCode;
  }
}

/** Says on lines of their own what may stand in the place of the last word. */
async function offerWords(cli: Cli, words: readonly string[]): Promise<void> {
  const { adminUrl, zsh } = cli.environment;
  const known = await completionWords(words, () => cli.api({ adminUrl, json: true }));
  if (known) {
    cli.write(known.map(({ word, meaning }) => (zsh ? described(word, meaning) : word)).join('\n'));
  } else {
    await parser(cli, ['--get-yargs-completions', 'packyard', ...words]).parseAsync();
  }
}

/** As zsh's `_describe` reads it, and yargs writes it. */
function described(word: string, meaning: string): string {
  return `${word.replaceAll(':', '\\:')}:${meaning}`;
}

function parser(cli: Cli, args: readonly string[]) {
  return (
    yargs([...args])
      .scriptName('packyard')
      .usage('$0 <command>\n\nKeys, components and releases of a Packyard, over its admin API.')
      // Every word of a command line means itself: nothing is a number or repeated by accident.
      .parserConfiguration({
        'boolean-negation': false,
        'dot-notation': false,
        'greedy-arrays': false,
        'parse-numbers': false,
        'parse-positional-numbers': false,
      })
      .option('admin-url', {
        string: true,
        requiresArg: true,
        default: cli.environment.adminUrl,
        describe: 'Where the admin API answers',
      })
      .option('json', {
        boolean: true,
        default: false,
        describe: 'Answer with the JSON of the API, for a program',
      })
      .command(keysCommands(cli))
      .command(componentsCommands(cli))
      .command(stagingCommand(cli))
      .command(promoteCommand(cli))
      .command(rollbackCommand(cli))
      .command(withdrawCommand(cli))
      .command(promotionsCommands(cli))
      .command(releasesCommand(cli))
      .command(releaseCommand(cli))
      .command(statusCommand(cli))
      .command(auditCommand(cli))
      .command(tokensCommands(cli))
      .command(completionCommand(cli))
      .demandCommand(1, 'Say what to do.')
      .strict()
      .recommendCommands()
      .detectLocale(false)
      .wrap(Math.min(cli.environment.width ?? 100, 100))
      .epilogue(EPILOGUE)
      .version(version())
      .help()
      .group(['admin-url', 'json', 'help', 'version'], 'Options of every command:')
      .exitProcess(false)
      .fail(fail)
  );
}

/** What yargs calls: with words where it does not understand the line, with an error where a command failed. */
function fail(words: string | undefined, error: Error | undefined): never {
  if (error && error.name !== 'YError') throw error;
  throw usageError(`${words ?? error?.message}\nAdd --help to see what there is.`);
}

function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  const { message, stack } = error as Error;
  return new CliError(1, 'INTERNAL_ERROR', `This is a fault of ours: ${stack ?? message}`);
}

/** A key that was typed as an argument is not repeated: the terminal may be recorded. */
function withoutSecrets(message: string): string {
  const SECRET = /\bpk[ya]_\w+|\b[0-9A-Fa-f]{64}\b/g;
  if (!SECRET.test(message)) return message;
  return (
    message.replace(SECRET, '…') +
    '\nA secret does not belong into arguments, which the history and the list of processes keep: it is read from standard input.'
  );
}

/** Of Packyard. */
function version(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
