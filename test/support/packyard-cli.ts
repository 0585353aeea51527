import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** What one run of the command line came to. */
export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CliOptions {
  readonly env?: Record<string, string>;
  /** Standard input; without it, empty. */
  readonly input?: string;
}

/** Runs `bin/packyard` as an operator does. It sees nothing of the machine's own environment but the path. */
export async function runPackyard(
  args: readonly string[],
  { env = {}, input = '' }: CliOptions = {},
): Promise<CliRun> {
  const child = spawn('bin/packyard', args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, USER: 'operator', ...env },
  });
  child.stdin.on('error', () => undefined); // it may end before it has read all
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, out, err };
}
