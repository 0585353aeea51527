import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../../support/until.js';

export interface TerminalOptions {
  /** What the person's login shell is. */
  shell?: 'bash' | 'dash' | 'zsh';
  /** Whether the shell has asked the terminal to mark what is pasted (bash 5.1 and later do). */
  bracketedPaste?: boolean;
  env?: Record<string, string>;
  /** Whose it is; root's by itself. */
  user?: string;
}

const PROMPT = 'type here> ';
const atPrompt = new RegExp(PROMPT);
const interactive = {
  bash: 'bash --norc -i',
  dash: 'dash -i',
  zsh: 'zsh -f -i',
};

/** The file in which strace puts every program that was started, with its arguments and environment. */
const TRACE = '/started-programs';

/** A person at a terminal, in an interactive shell whose history is kept. */
export class Terminal {
  /** Everything that the screen has shown. */
  screen = '';
  private seen = 0;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly bracketedPaste: boolean,
  ) {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.screen += text;
    });
  }

  /** @param command with its arguments, before which script(1) is started */
  static async open(
    command: string,
    args: string[],
    { shell = 'bash', bracketedPaste = true, env = {} }: TerminalOptions,
  ): Promise<Terminal> {
    const traced = `strace -f -qq -v -s 65536 -e trace=execve -e signal=none -o ${TRACE} ${interactive[shell]}`;
    const child = spawn(
      command,
      [...args, 'script', '--quiet', '--flush', '--command', traced, '/dev/null'],
      {
        env: {
          PATH: process.env.PATH,
          HOME: '/root',
          TERM: 'xterm',
          LC_ALL: 'C.UTF-8',
          PS1: PROMPT,
          HISTFILE: '/root/.shell_history',
          SAVEHIST: '1000',
          HISTSIZE: '1000',
          INPUTRC: bracketedPaste ? '/inputrc-on' : '/inputrc-off',
          ...env,
        },
      },
    );
    const terminal = new Terminal(child, bracketedPaste);
    await terminal.see(atPrompt);
    return terminal;
  }

  /** Pastes as a terminal does: its lines end as the Enter key does. Then presses Enter, as a person does. */
  paste(text: string): void {
    const typed = text.replaceAll('\n', '\r');
    this.child.stdin.write(this.bracketedPaste ? `\x1b[200~${typed}\x1b[201~\r` : typed);
  }

  type(line: string): void {
    this.child.stdin.write(`${line}\r`);
  }

  /**
   * Answers a prompt for a secret, after the moment that a person takes: docker and podman show the prompt
   * first, and turn the echo off then.
   */
  async answerSecretly(secret: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    this.type(secret);
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.child.stdin.write('\x03');
  }

  /** Waits until the screen shows this after what was waited for before. */
  async see(pattern: RegExp): Promise<void> {
    const find = () => pattern.exec(this.screen.slice(this.seen));
    await until(() => find() !== null, 30_000).catch(() => {
      throw new Error(`the terminal does not show ${pattern.source}:\n${this.screen}`);
    });
    const found = find() as RegExpExecArray;
    this.seen += found.index + found[0].length;
  }

  /** Waits for the shell's prompt. */
  prompt(): Promise<void> {
    return this.see(atPrompt);
  }

  /** Leaves the shell, which then writes its history. */
  async close(): Promise<void> {
    const exited = once(this.child, 'close');
    this.type('exit');
    await exited;
  }
}

export const traceFile = TRACE;
