import {
  ADMIN_ROLES,
  ADMIN_TOKEN_FORMAT,
  ADMIN_TOKEN_NAME,
  digestOfAdminToken,
} from '../../common/admin-token.js';
import type { Cli } from '../cli.js';
import { usageError } from '../cli-error.js';
import { command, group } from './command.js';

export const tokensCommands = (cli: Cli) =>
  group('tokens', 'What operators hold, where loopback is shared', [createTokenCommand(cli)]);

const createTokenCommand = (cli: Cli) =>
  command({
    command: 'create <name>',
    describe: 'Make a token, here and without a server. Standard output is the token alone',
    builder: (yargs) =>
      yargs
        .positional('name', {
          type: 'string',
          demandOption: true,
          describe: 'Whose it is; the audit has it as the actor',
        })
        .option('role', {
          choices: ADMIN_ROLES,
          default: ADMIN_ROLES[0],
          requiresArg: true,
          describe: 'readonly changes nothing',
        })
        .example('$0 tokens create alice', '')
        .example('$0 tokens create monitoring --role readonly', ''),
    handler: (options) => {
      const { name, role } = options;
      if (!ADMIN_TOKEN_NAME.pattern.test(name))
        throw usageError(`That is not ${ADMIN_TOKEN_NAME.meaning}.`);
      const token = ADMIN_TOKEN_FORMAT.generate();
      const sha256 = digestOfAdminToken(token).toString('hex');
      cli.answer(options, { name, role, sha256, token }, () => token);
      if (!options.json) {
        cli.tell(
          `It is shown this once: give it to ${name}, who sets PACKYARD_ADMIN_TOKEN to it. In the file that\n` +
            'ADMIN_TOKENS_FILE names, add under tokens: (no secret, anyone may read it), and send SIGHUP:\n\n' +
            `  - name: ${name}\n    role: ${role}\n    sha256: "${sha256}"`,
        );
      }
    },
  });
