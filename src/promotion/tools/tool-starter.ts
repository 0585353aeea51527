import type { ToolStarterAnswer, ToolStarterOrder } from './run-by-starter.js';
import { runAsChild } from './tool-process.js';

/*
 * The process that starts tools for another one of ours (run-by-starter.ts, which forks it). It does nothing by
 * itself, and ends with whoever forked it; what it runs then is killed.
 */

const running = new Map<number, AbortController>();
const answer = (message: ToolStarterAnswer) => process.send?.(message);

process.on('message', (order: ToolStarterOrder) => {
  const { id } = order;
  if (!('command' in order)) return void running.get(id)?.abort();
  const abort = new AbortController();
  running.set(id, abort);
  void runAsChild(order.command, abort.signal)
    .then(
      (end) => answer({ id, end }),
      ({ message, code }: NodeJS.ErrnoException) => answer({ id, error: { message, code } }),
    )
    .finally(() => running.delete(id));
});
process.on('disconnect', () => process.exit());
