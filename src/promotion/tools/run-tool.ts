import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import { searchPath } from '../../config/search-path.js';
import { runByStarter } from './run-by-starter.js';
import { TOOL_PACKAGES, type ToolName } from './tool-packages.js';
import { type RunCommand, runAsChild, SAID_LENGTH, type ToolCommand } from './tool-process.js';

const defaultTimeLimit = 10 * 60_000; // milliseconds
const defaultOutputLimit = 64 * 1024 * 1024; // bytes

/** How a tool is run. It gets no shell and nothing of our environment but the search path. */
export interface ToolOptions {
  /** A folder of the caller's that takes what the tool keeps for its user (`HOME`). */
  readonly home: string;
  /** Where it runs; otherwise in `home`. */
  readonly cwd?: string;
  /** Besides PATH, HOME and LC_ALL. Never a secret: other users can see it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its standard input, otherwise empty: bytes, or a file that it reads itself. */
  readonly input?: Buffer | string | { readonly file: string };
  /** Where its standard output goes instead of into the result; the file is written anew. */
  readonly outputFile?: string;
  /** Exit codes that are an answer and no failure; otherwise 0 alone. */
  readonly acceptedCodes?: readonly number[];
  /** Milliseconds after which it is killed; otherwise ten minutes. */
  readonly timeLimit?: number;
  /** Bytes of standard output after which it is killed; otherwise 64 MiB. Not for `outputFile`. */
  readonly outputLimit?: number;
  readonly signal?: AbortSignal;
}

export interface ToolResult {
  readonly code: number;
  /** Empty where it went to `outputFile`. */
  readonly stdout: Buffer;
  /** The last 2 kB of it. */
  readonly stderr: string;
}

/**
 * Runs a tool to its end. One that is given up is killed with all that it started, and
 * is itself gone when the promise settles. Where util-linux has setpriv, it also ends when we are killed:
 * else it would write on into the folder in which the next start builds anew.
 *
 * @param args handed over as they are. Never a secret: other users can see them
 * @throws DomainError TOOL_MISSING, TOOL_FAILED or TOOL_TIMED_OUT; the signal's reason when it is aborted
 */
export async function runTool(
  tool: ToolName,
  args: readonly string[],
  options: ToolOptions,
): Promise<ToolResult> {
  const { home, cwd = home, env, input, outputFile, signal } = options;
  const { acceptedCodes = [0], timeLimit = defaultTimeLimit } = options;
  const { outputLimit = defaultOutputLimit } = options;
  signal?.throwIfAborted();
  const program = await findProgram(tool);
  if (program === undefined) throw missing([tool]);

  const command: ToolCommand = {
    words: [...(await tieToUs()), program, ...args] as [string, ...string[]],
    cwd,
    env: { PATH: searchPath(), HOME: home, LC_ALL: 'C.UTF-8', ...env },
    input,
    outputFile,
    timeLimit,
    outputLimit,
  };
  const { code, how, timedOut, stdout, stderr } = await run(command, signal);
  signal?.throwIfAborted();
  if (timedOut) throw tookTooLong(tool, timeLimit, stderr);
  if (code === null || !acceptedCodes.includes(code)) {
    throw failed(tool, how, stderr.trim() || tailOf(stdout));
  }
  return { code, stdout: Buffer.from(stdout.buffer, stdout.byteOffset, stdout.length), stderr };
}

let run: RunCommand = runAsChild;

/** From now on a small process starts the tools: for one of ours that is large, or has others to answer. */
export function startToolsElsewhere(): void {
  run = runByStarter(tieToUs);
}

/** @throws DomainError TOOL_MISSING that names every one that is missing and where it comes from */
export async function requireTools(tools: readonly ToolName[]): Promise<void> {
  const found = await Promise.all(tools.map(findProgram));
  const lacking = tools.filter((_, i) => found[i] === undefined);
  if (lacking.length > 0) throw missing(lacking);
}

/** What a command is preceded by, to be killed when this process is gone (prctl(2), PR_SET_PDEATHSIG). */
async function tieToUs(): Promise<string[]> {
  const setpriv = await findProgram('setpriv');
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--'];
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of searchPath().split(delimiter)) {
    const path = join(folder, name);
    const runs = await Promise.all([access(path, constants.X_OK), stat(path)]).then(
      ([, stats]) => stats.isFile(),
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}

function tailOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(-SAID_LENGTH)).toString('utf8').trim();
}

function missing(tools: readonly ToolName[]): DomainError {
  const packages = [...new Set(tools.map((tool) => TOOL_PACKAGES[tool]))];
  return new DomainError(
    'TOOL_MISSING',
    `Not found on this server: ${tools.join(', ')}. Install the Debian package${packages.length > 1 ? 's' : ''} ` +
      `${packages.join(' ')}, then try again.`,
    { tools: tools.map((tool) => ({ tool, debian_package: TOOL_PACKAGES[tool] })) },
  );
}

function failed(tool: ToolName, how: string, said: string): DomainError {
  return new DomainError(
    'TOOL_FAILED',
    `${tool} failed (${how})${said === '' ? ' and said nothing.' : `. It said: ${said}`}`,
    { tool, how, output: said },
  );
}

function tookTooLong(tool: ToolName, limit: number, stderr: string): DomainError {
  return new DomainError(
    'TOOL_TIMED_OUT',
    `${tool} did not end within ${limit / 1000} s and was stopped. ` +
      'Look at the load of this server, then try again.',
    { tool, output: stderr.trim() },
  );
}
