import { type ChildProcess, spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';

/** Bytes that are kept of what a program says of itself. */
export const SAID_LENGTH = 2_000;

/** One run of a program, in everything that it depends on. It can be sent to another process of ours. */
export interface ToolCommand {
  /** The program's path, and its arguments as they are. */
  readonly words: readonly [string, ...string[]];
  readonly cwd: string;
  /** All that it gets. */
  readonly env: Readonly<Record<string, string>>;
  readonly input?: Uint8Array | string | { readonly file: string };
  readonly outputFile?: string;
  /** Milliseconds after which it is killed. */
  readonly timeLimit: number;
  /** Bytes of standard output after which it is killed. */
  readonly outputLimit: number;
}

/** How a program ended. */
export interface ToolEnd {
  /** Null where it was killed or could not be started. */
  readonly code: number | null;
  /** `exit code 1`, `SIGKILL`, or why it could not be started. */
  readonly how: string;
  readonly timedOut: boolean;
  readonly stdout: Uint8Array;
  /** The last 2 kB of it. */
  readonly stderr: string;
}

/** Resolves when the program is gone; an abort kills it with all that it started. */
export type RunCommand = (command: ToolCommand, signal?: AbortSignal) => Promise<ToolEnd>;

/** Runs a program as a child of this very process. @throws where a file that it reads or writes cannot be opened */
export const runAsChild: RunCommand = async (command, signal) => {
  const { words, cwd, env, input, outputFile } = command;
  const opened: FileHandle[] = [];
  try {
    const openFile = async (path: string, flags: string) => {
      const file = await open(path, flags);
      opened.push(file);
      return file.fd;
    };
    const [program, ...args] = words;
    const child = spawn(program, args, {
      cwd,
      env,
      detached: true, // a group of its own, which is killed as a whole
      stdio: [
        isFile(input) ? await openFile(input.file, 'r') : input === undefined ? 'ignore' : 'pipe',
        outputFile === undefined ? 'pipe' : await openFile(outputFile, 'w'),
        'pipe',
      ],
    });
    child.stdin?.on('error', () => undefined); // a tool that does not read to the end is no failure
    if (!isFile(input)) child.stdin?.end(input);
    return await follow(child, command, signal);
  } finally {
    await Promise.all(opened.map((file) => file.close()));
  }
};

function follow(
  child: ChildProcess,
  { timeLimit, outputLimit }: ToolCommand,
  signal: AbortSignal | undefined,
): Promise<ToolEnd> {
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
    stderr = Buffer.concat([stderr, chunk]).subarray(-SAID_LENGTH);
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
        stderr: stderr.toString('utf8'),
      });
    });
  });
}

function isFile(input: ToolCommand['input']): input is { readonly file: string } {
  return typeof input === 'object' && !(input instanceof Uint8Array);
}
