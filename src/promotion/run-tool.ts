import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants, type FileHandle, open, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { DomainError } from '../common/domain-error.js';
import { searchPath } from '../config/search-path.js';
import { TOOL_PACKAGES, type ToolName } from './tool-packages.js';

const defaultTimeLimit = 10 * 60_000; // milliseconds
const defaultOutputLimit = 64 * 1024 * 1024; // bytes
const errorTailLength = 2_000; // bytes

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
 * is itself gone when the promise settles.
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
  signal?.throwIfAborted();
  const program = await findTool(tool);
  if (program === undefined) throw missing([tool]);

  const opened: FileHandle[] = [];
  try {
    const openFile = async (path: string, flags: string) => {
      const file = await open(path, flags);
      opened.push(file);
      return file.fd;
    };
    const child = spawn(program, args, {
      cwd,
      env: { PATH: searchPath(), HOME: home, LC_ALL: 'C.UTF-8', ...env },
      detached: true, // a group of its own, which is killed as a whole
      stdio: [
        isFile(input) ? await openFile(input.file, 'r') : input === undefined ? 'ignore' : 'pipe',
        outputFile === undefined ? 'pipe' : await openFile(outputFile, 'w'),
        'pipe',
      ],
    });
    child.stdin?.on('error', () => undefined); // a tool that does not read to the end is no failure
    if (!isFile(input)) child.stdin?.end(input);

    const ended = await follow(child, options, timeLimit);
    signal?.throwIfAborted();
    if (ended.timedOut) throw timedOut(tool, timeLimit, ended.stderr);
    const { code, how, stdout, stderr } = ended;
    if (code === null || !acceptedCodes.includes(code)) {
      throw failed(tool, how, stderr.trim() || tailOf(stdout).trim());
    }
    return { code, stdout, stderr };
  } finally {
    await Promise.all(opened.map((file) => file.close()));
  }
}

/** @throws DomainError TOOL_MISSING that names every one that is missing and where it comes from */
export async function requireTools(tools: readonly ToolName[]): Promise<void> {
  const found = await Promise.all(tools.map(findTool));
  const lacking = tools.filter((_, i) => found[i] === undefined);
  if (lacking.length > 0) throw missing(lacking);
}

async function findTool(tool: ToolName): Promise<string | undefined> {
  for (const folder of searchPath().split(delimiter)) {
    const path = join(folder, tool);
    const runs = await Promise.all([access(path, constants.X_OK), stat(path)]).then(
      ([, stats]) => stats.isFile(),
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}

interface Ended {
  readonly code: number | null;
  /** `exit code 1`, `SIGKILL`, or why it could not be started. */
  readonly how: string;
  readonly timedOut: boolean;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Resolves when the process is gone. */
function follow(child: ChildProcess, options: ToolOptions, timeLimit: number): Promise<Ended> {
  const { signal, outputLimit = defaultOutputLimit } = options;
  const chunks: Buffer[] = [];
  let length = 0;
  let stderr = Buffer.alloc(0);
  let timedOut = false;
  let failure: string | undefined;

  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // it has just ended
    }
    // Whoever left the group keeps these open, and is not waited for.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= outputLimit) return void chunks.push(chunk);
    failure = `its output is longer than ${outputLimit} bytes`;
    chunks.length = 0;
    kill();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk]).subarray(-errorTailLength);
  });

  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeLimit);
  signal?.addEventListener('abort', kill, { once: true });
  if (signal?.aborted) kill();

  return new Promise((resolve) => {
    child.once('error', ({ message }) => (failure ??= message));
    child.once('close', (code, killedBy) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      const how = failure ?? killedBy ?? `exit code ${code}`;
      resolve({
        code: failure === undefined ? code : null,
        how,
        timedOut,
        stdout: Buffer.concat(chunks),
        stderr: tailOf(stderr),
      });
    });
  });
}

function isFile(input: ToolOptions['input']): input is { readonly file: string } {
  return typeof input === 'object' && !Buffer.isBuffer(input);
}

function tailOf(bytes: Buffer): string {
  return bytes.subarray(-errorTailLength).toString('utf8');
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

function timedOut(tool: ToolName, limit: number, stderr: string): DomainError {
  return new DomainError(
    'TOOL_TIMED_OUT',
    `${tool} did not end within ${limit / 1000} s and was stopped. ` +
      'Look at the load of this server, then try again.',
    { tool, output: stderr.trim() },
  );
}
