import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What the machine knows of a process. */
export interface ProcessEntry {
  readonly parent: number;
  /** Program and arguments, with a space between. */
  readonly command: string;
}

/** Looks a process up; undefined when it has ended, even if nobody has collected it yet. */
export async function lookUpProcess(pid: number): Promise<ProcessEntry | undefined> {
  try {
    const found =
      process.platform === 'linux'
        ? parseProc(
            await readFile(`/proc/${pid}/stat`, 'utf8'),
            await readFile(`/proc/${pid}/cmdline`, 'utf8'),
          )
        : parsePs((await execute('ps', ['-o', 'ppid=,command=', '-p', String(pid)])).stdout);
    return found.command === '' ? undefined : found;
  } catch {
    return undefined;
  }
}

/** Whether some process has this number. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** `/proc/PID/stat` is `pid (name) state parent …`, where a name may hold spaces and brackets. */
export function parseProc(stat: string, cmdline: string): ProcessEntry {
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(parent), command: cmdline.split('\0').join(' ').trim() };
}

/** A line of `ps -o ppid=,command=`. */
export function parsePs(line: string): ProcessEntry {
  const [, parent, command] = /^\s*(\d+)\s+(.*?)\s*$/s.exec(line) ?? [];
  const ended = command === undefined || command.endsWith('<defunct>') || command === '(postgres)';
  return { parent: Number(parent), command: ended ? '' : command };
}
