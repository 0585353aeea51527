import { spawn } from 'node:child_process';

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  input?: string;
}

export interface Ran {
  command: string;
  code: number | null;
  stdout: string;
  /** Standard output and standard error, in the order they came. */
  output: string;
}

/** Runs a command to its end in a plain environment: no proxy, no locale, no home of this machine. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ...options.env },
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ command, code, stdout, output }));
    child.stdin.on('error', () => undefined); // a command that does not read is no failure
    child.stdin.end(options.input ?? '');
  });
}

/** The same for a command that has to succeed; answers its standard output. */
export async function mustRun(command: string, args: string[], options: RunOptions = {}) {
  const ran = await run(command, args, options);
  expectSuccess(ran);
  return ran.stdout;
}

export function expectSuccess(ran: Ran): void {
  if (ran.code !== 0) throw new Error(`${ran.command} ended with ${ran.code}\n${ran.output}`);
}

/** That a client failed, and said so in these words. */
export function expectFailure(ran: Ran, words: string): void {
  if (ran.code === 0) throw new Error(`${ran.command} succeeded\n${ran.output}`);
  expect(ran.output).toContain(words);
}
