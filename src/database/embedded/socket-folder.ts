import { chown, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ServerHome } from './server-home.js';

const longestSocketPath = 103; // bytes; the kernel's limit on macOS, and Linux has four more
const temporaryPrefix = 'packyard-socket-';

/**
 * Makes the folder for the server's socket, which only the server's user (and
 * root) can enter: whoever can connect is believed. It lies in the home, or
 * where that path is too long for a socket, among the temporary files.
 */
export async function makeSocketFolder({ folder, user }: ServerHome): Promise<string> {
  let sockets = join(folder, 'run');
  if (Buffer.byteLength(socketFile(sockets, 65_535)) <= longestSocketPath) {
    await mkdir(sockets, { recursive: true, mode: 0o700 });
  } else {
    // Root's own TMPDIR is often closed to others.
    sockets = await mkdtemp(join(user ? '/tmp' : tmpdir(), temporaryPrefix));
  }
  if (user) await chown(sockets, user.uid, user.gid);
  return sockets;
}

/** The name that PostgreSQL gives its socket. */
export function socketFile(folder: string, port: number): string {
  return join(folder, `.s.PGSQL.${port}`);
}

/** Whether a socket folder is one that goes when its server goes. */
export function isTemporarySocketFolder(folder: string): boolean {
  return basename(folder).startsWith(temporaryPrefix);
}
