import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Binaries } from './binaries.js';
import { clearEarlierPostmaster, ownedBy } from './earlier-postmaster.js';
import { serverFailure } from './server-failure.js';
import type { ServerHome } from './server-home.js';
import { startAs, type Started } from './server-user.js';
import { isTemporarySocketFolder, makeSocketFolder } from './socket-folder.js';

const answerWithin = 10 * 60_000; // milliseconds; replaying a log takes seconds, on a poor disk minutes
const stopWithin = 60_000; // milliseconds
const retryAfter = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400]; // milliseconds
const logTailLength = 2_000; // characters

/** How to start the server. */
export interface PostmasterOptions {
  /** The number in the socket's name, and the TCP port where `tcp` is set. */
  readonly port: number;
  /** Also listens on 127.0.0.1. */
  readonly tcp: boolean;
  /** Where the kernel can, it stops the server when this process is killed. */
  readonly diesWithUs: boolean;
  readonly onProgress: (message: string) => void;
}

/**
 * Starts the server and waits until it answers, after clearing away what a kill
 * left of an earlier one. Rejects with a StartError when it does not start, or
 * when its cluster is in use.
 */
export async function startPostmaster(
  home: ServerHome,
  binaries: Binaries,
  options: PostmasterOptions,
): Promise<Postmaster> {
  for (let attempt = 0; ; attempt++) {
    const earlier = await clearEarlierPostmaster(home, options.onProgress);
    if (attempt === 0) {
      options.onProgress(`Starting PostgreSQL ${binaries.version}…`);
      if (earlier === 'unclean') options.onProgress('Recovering after an unclean stop…');
    }
    const postmaster = await launch(home, binaries, options, attempt);
    const failure = await postmaster.failsToAnswer();
    if (failure === undefined) return postmaster;

    // Sessions whose postmaster was killed take a moment to notice. And another
    // Packyard may have been quicker, which the next round sees and says.
    const log = await readLogTail(home);
    const passes = /pre-existing shared memory block|lock file ".*" already exists/.test(log);
    const delay = retryAfter[attempt];
    if (!passes || delay === undefined) {
      throw await serverFailure(
        home,
        `PostgreSQL ${binaries.version} does not start (${failure})`,
        log,
      );
    }
    await sleep(delay);
  }
}

/** A server process that we started. */
export class Postmaster {
  /** Resolves with the reason when the server ends without `stop`. */
  readonly ended: Promise<Error>;
  private stopping: Promise<void> | undefined;

  constructor(
    home: ServerHome,
    private readonly server: Started,
    readonly socketFolder: string,
    readonly port: number,
  ) {
    // Where the kernel does not tie the server to us, our exit does at least.
    const interrupt = () => server.child.kill('SIGINT');
    process.once('exit', interrupt);
    void server.ended.then(() => process.off('exit', interrupt));
    this.ended = new Promise((resolve) => {
      void server.ended.then(async (how) => {
        if (this.stopping) return;
        const log = await readLogTail(home);
        resolve(
          new Error(`The embedded PostgreSQL has ended (${how}); its log ends with:\n${log}`),
        );
      });
    });
  }

  /** Undefined once the server answers; otherwise why it never will, and it is gone. */
  async failsToAnswer(): Promise<string | undefined> {
    let how: string | undefined;
    void this.server.ended.then((ending) => (how = ending));
    const deadline = Date.now() + answerWithin;
    while (how === undefined && Date.now() < deadline) {
      const client = await this.connect().catch(() => undefined);
      if (client) return client.end().then(() => undefined);
      await sleep(15);
    }
    await this.stop();
    return how ?? `no answer after ${answerWithin / 60_000} minutes`;
  }

  /** A session as the superuser; over the socket nobody is asked for a password. */
  async connect(): Promise<pg.Client> {
    const client = new pg.Client({
      host: this.socketFolder,
      port: this.port,
      user: 'postgres',
      database: 'postgres',
      ssl: false,
    });
    client.on('error', () => {}); // the server's end is told by `ended`
    await client.connect();
    return client;
  }

  /** Ends every session, writes everything out, and resolves when the server is gone. */
  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    this.server.child.kill('SIGINT');
    const impatience = setTimeout(() => this.server.child.kill('SIGQUIT'), stopWithin);
    await this.server.ended;
    clearTimeout(impatience);
    if (isTemporarySocketFolder(this.socketFolder)) {
      await rm(this.socketFolder, { recursive: true, force: true });
    }
  }
}

async function launch(
  home: ServerHome,
  binaries: Binaries,
  { port, tcp, diesWithUs }: PostmasterOptions,
  attempt: number,
): Promise<Postmaster> {
  const socketFolder = await makeSocketFolder(home);
  // On the command line and not in postgresql.conf, so that a newer Packyard's
  // choices also hold for a cluster that an older one made.
  const settings = [
    ownedBy(process.pid),
    `unix_socket_directories="${socketFolder}"`,
    'unix_socket_permissions=0700',
    `listen_addresses=${tcp ? '127.0.0.1' : ''}`,
    `port=${port}`,
    'max_connections=50',
    'shared_buffers=64MB',
    'max_wal_size=256MB',
    'fsync=on',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_checkpoints=off', // a line every five minutes, for ever
    'jit=off', // not among the binaries
    'io_method=sync', // no processes that would mostly be idle, here and below
    'max_logical_replication_workers=0',
  ];
  const args = ['-D', home.cluster, ...settings.flatMap((setting) => ['-c', setting])];
  const log = await openLog(home, attempt);
  const server = await startAs(home.user, binaries.postgres, args, {
    output: log.fd,
    diesWithUs,
  }).finally(() => log.close());
  return new Postmaster(home, server, socketFolder, port);
}

/** A new log for a new start, and the one before is kept. Ours alone: it may quote data. */
async function openLog({ folder }: ServerHome, attempt: number): Promise<FileHandle> {
  const log = join(folder, 'server.log');
  if (attempt === 0) await rename(log, `${log}.1`).catch(() => {});
  await rm(log, { force: true });
  return open(log, 'wx', 0o600);
}

async function readLogTail({ folder }: ServerHome): Promise<string> {
  const log = await readFile(join(folder, 'server.log'), 'utf8').catch(() => '');
  return log.slice(-logTailLength).trim();
}
