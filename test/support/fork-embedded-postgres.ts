import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EmbeddedPostgresOptions } from '../../src/database/embedded-postgres.js';

/** An embedded PostgreSQL whose owner is a process of its own. */
export interface EmbeddedPostgresProcess {
  readonly process: ChildProcess;
  readonly url: string;
  readonly folder: string;
  /** Stops the server, and resolves when its owner has ended. */
  stop(): Promise<void>;
}

/**
 * Forks a process that starts an embedded PostgreSQL; without `dataDir` on a
 * temporary folder. It stops the server when this process ends, however that
 * happens. Rejects with the child's error.
 */
export async function forkEmbeddedPostgres(
  options: Omit<Partial<EmbeddedPostgresOptions>, 'onProgress'> = {},
): Promise<EmbeddedPostgresProcess> {
  const script = join(__dirname, 'embedded-postgres-process.mjs');
  // Detached, so that a terminal's Ctrl-C leaves it the time to clean up.
  const child = fork(script, [JSON.stringify(options)], { detached: true, execArgv: [] });
  const exited = once(child, 'exit');
  const answer = await new Promise<{ url: string; folder: string }>((resolve, reject) => {
    child.once('message', (message: { url: string; folder: string; error?: string }) =>
      message.error === undefined ? resolve(message) : reject(new Error(message.error)),
    );
    child.once('exit', () => reject(new Error('the process that starts PostgreSQL has ended')));
  });
  return {
    ...answer,
    process: child,
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
