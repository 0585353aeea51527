import type { Cli } from '../cli.js';
import { COMPLETION_SCRIPTS, SHELLS } from '../completion-scripts.js';
import { command } from './command.js';

export const completionCommand = (cli: Cli) =>
  command({
    command: 'completion <shell>',
    describe: 'What a shell sources to complete commands, options, components and key ids',
    builder: (yargs) =>
      yargs
        .positional('shell', { choices: SHELLS, demandOption: true, describe: 'Which shell' })
        .example('source <($0 completion bash)', 'Now; in ~/.bashrc, always'),
    handler: (options) => {
      cli.write(COMPLETION_SCRIPTS[options.shell]);
    },
  });
