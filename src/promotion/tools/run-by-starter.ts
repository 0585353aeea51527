import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunCommand, ToolCommand, ToolEnd } from './tool-process.js';

/** To the process that starts tools: what to run, or to kill it. */
export type ToolStarterOrder =
  { readonly id: number; readonly command: ToolCommand } | { id: number };

/** What became of it. */
export type ToolStarterAnswer = { readonly id: number } & (
  | { readonly end: ToolEnd }
  | { readonly error: { readonly message: string; readonly code?: string } }
);

interface Waiting {
  readonly resolve: (end: ToolEnd) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Runs programs as children of a small process of ours. To start one, the kernel copies the page tables of whoever
 * starts it: of a server with 200 MB that takes 10 to 20 ms, in which it answers nobody, and of a small one 2 to 4.
 * The small one is started with the first program, and ends with us.
 *
 * @param tie what a command is preceded by, to be killed when its parent is gone
 */
export function runByStarter(
  tie: () => Promise<readonly string[]>,
  file = fileURLToPath(new URL('./tool-starter.js', import.meta.url)),
): RunCommand {
  let starter: Promise<Starter> | undefined;
  return async (command, signal) => {
    starter ??= tie().then(
      (before) => new Starter([...before, process.execPath, file], () => (starter = undefined)),
    );
    return (await starter).run(command, signal);
  };
}

class Starter {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;
  private ended = false;

  constructor(words: readonly string[], onEnd: () => void) {
    const [program = '', ...args] = words;
    this.child = spawn(program, args, {
      env: {}, // ours may hold secrets, and each command brings its own
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced', // bytes stay bytes
      detached: true, // Ctrl-C is for us: what we tidy up then is done with its help
    });
    this.child.on('message', (answer: ToolStarterAnswer) => this.take(answer));
    const end = () => {
      this.ended = true;
      onEnd();
      for (const { reject } of this.waiting.values()) reject(starterEnded());
      this.waiting.clear();
    };
    this.child.once('error', end);
    this.child.once('exit', end);
    this.hold();
  }

  run(command: ToolCommand, signal: AbortSignal | undefined): Promise<ToolEnd> {
    if (this.ended) return Promise.reject(starterEnded());
    const id = ++this.last;
    const abort = () => this.send({ id });
    signal?.addEventListener('abort', abort, { once: true });
    const ended = new Promise<ToolEnd>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.hold();
      this.send({ id, command });
      if (signal?.aborted) abort();
    });
    return ended.finally(() => signal?.removeEventListener('abort', abort));
  }

  private send(order: ToolStarterOrder): void {
    // Where it is gone, its end says so to whoever waits.
    if (this.child.connected) this.child.send(order, () => undefined);
  }

  private take(answer: ToolStarterAnswer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    this.hold();
    if ('end' in answer) waiting?.resolve(answer.end);
    else waiting?.reject(Object.assign(new Error(answer.error.message), answer.error));
  }

  /** While nothing runs it does not keep this process from ending. */
  private hold(): void {
    const verb = this.waiting.size > 0 ? 'ref' : 'unref';
    this.child[verb]();
    this.child.channel?.[verb]();
  }
}

function starterEnded(): Error {
  return new Error('The process that starts tools has ended: is there too little memory?');
}
