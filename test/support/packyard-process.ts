import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The built server, as an operator starts it. PACKYARD_ENTRY names another build of it. */
const entry = resolve(process.env.PACKYARD_ENTRY ?? 'dist/src/main.js');
const startTimeout = 60_000;
const stopTimeout = 30_000;

type Listener = 'auth' | 'admin' | 'metrics' | 'gateway';

/** One line that the process wrote: JSON on stdout, or text as `msg`. */
export interface LogLine {
  msg?: string;
  [field: string]: unknown;
}

/** A running server. Base URLs have no trailing slash; a listener that is off is ''. */
export interface RunningPackyard extends Record<Listener, string> {
  readonly pid: number;
  readonly logs: readonly LogLine[];
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL: what a crash or a power cut leaves behind. */
  kill(): Promise<void>;
}

/**
 * Starts Packyard as a child process in the checkout and waits until it is ready.
 * It sees no settings but `env`: nothing of the machine's own environment.
 */
export async function startPackyard({
  env,
}: {
  env: Record<string, string>;
}): Promise<RunningPackyard> {
  if (!existsSync(entry)) throw new Error(`${entry} is not there: run \`npm run build\` first`);

  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeout);
    const [code] = await exited;
    clearTimeout(timer);
    return code;
  };

  const logs: LogLine[] = [];
  try {
    await ready(child, logs);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    auth: baseUrl(logs, 'auth'),
    admin: baseUrl(logs, 'admin'),
    metrics: baseUrl(logs, 'metrics'),
    gateway: baseUrl(logs, 'gateway'),
    pid: child.pid!,
    logs,
    stop,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function ready(child: ChildProcess, logs: LogLine[]): Promise<void> {
  return new Promise((resolveReady, reject) => {
    const fail = (reason: string) =>
      reject(
        new Error(`Packyard ${reason}\n${logs.map((line) => JSON.stringify(line)).join('\n')}`),
      );
    const timer = setTimeout(() => fail('was not ready in time'), startTimeout);

    const read = (stream: NodeJS.ReadableStream) =>
      createInterface({ input: stream }).on('line', (text) => {
        const line = parseLine(text);
        logs.push(line);
        if (line.msg === 'ready') {
          clearTimeout(timer);
          resolveReady();
        }
      });
    read(child.stdout!);
    read(child.stderr!);
    child.once('close', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code} before it was ready`);
    });
  });
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { msg: text };
  }
}

function baseUrl(logs: LogLine[], listener: Listener): string {
  const line = logs.find((each) => each.msg === 'listening' && each.listener === listener);
  return line ? `http://${String(line.address)}` : '';
}
