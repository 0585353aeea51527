import { hostname, userInfo } from 'node:os';

/** What the command line takes from its surroundings. */
export interface CliEnvironment {
  /** PACKYARD_ADMIN_URL; `--admin-url` overrides it. */
  readonly adminUrl: string;
  /** PACKYARD_ADMIN_TOKEN, and from nowhere else: arguments are in the process list and the history. */
  readonly adminToken: string | undefined;
  /** Who the audit says it was. */
  readonly actor: string;
  /** May what goes to standard output be coloured? (https://no-color.org) */
  readonly colour: boolean;
  /** Columns of the terminal; undefined where standard output is none, and a table may be of any width. */
  readonly width: number | undefined;
  /** Is it zsh that asks for completions? It shows what a word means. */
  readonly zsh: boolean;
}

/** The one reader of the environment and the terminal here. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): CliEnvironment {
  const { isTTY, columns } = process.stdout;
  return {
    adminUrl: env.PACKYARD_ADMIN_URL || 'http://127.0.0.1:8088',
    adminToken: env.PACKYARD_ADMIN_TOKEN || undefined,
    actor: env.PACKYARD_ACTOR || `${env.USER || userInfo().username}@${hostname()}`,
    colour: isTTY && !env.NO_COLOR && env.TERM !== 'dumb',
    width: isTTY ? columns : undefined,
    zsh: env.SHELL?.includes('zsh') ?? false,
  };
}
