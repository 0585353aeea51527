import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { prepareBinaries } from './embedded/binaries.js';
import { makeCluster } from './embedded/cluster.js';
import { explainFileTrouble } from './embedded/file-trouble.js';
import { startPostmaster, type Postmaster } from './embedded/postmaster.js';
import { findServerHome } from './embedded/server-home.js';

const socketPort = 5432; // only part of the socket's name

/** How to start the embedded server. */
export interface EmbeddedPostgresOptions {
  /** The folder of PACKYARD_DATA_DIR; made if missing. */
  readonly dataDir: string;
  /** Told each step that a person may wait for, as a line of text. */
  readonly onProgress?: (message: string) => void;
  /** For tests: also listens on a free port of 127.0.0.1, with a random password. */
  readonly tcp?: boolean;
  /** For tests, `false`: as on a system where a killed Packyard leaves its server behind. */
  readonly diesWithUs?: boolean;
}

/** A running PostgreSQL of our own, and its `packyard` database. */
export interface EmbeddedPostgres {
  /** For pg and TypeORM: the role `packyard`, over a Unix socket that only its owner (and root) reaches. */
  readonly url: string;
  /** The same over TCP, where that was asked for. */
  readonly tcpUrl: string | undefined;
  /** The TCP port, where that was asked for. */
  readonly port: number | undefined;
  /** Such as `18.4`. */
  readonly version: string;
  /** Where the cluster (`data`) and its log (`server.log`) are. */
  readonly folder: string;
  /** Resolves with the reason when the server ends without `stop`, and never after `stop`. */
  readonly ended: Promise<Error>;
  /** Shuts down and resolves when the server is gone; sessions still open are ended. Again: the same. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a real PostgreSQL from the binaries that npm installed, on a cluster
 * that belongs to the data folder, and recovers without help whatever a kill or
 * a power cut left there.
 *
 * It rests on no one else's server, user or setting; as root it runs as another
 * user (see `findServerHome`). Rejects with a StartError that names the setting
 * and what to do.
 */
export async function startEmbeddedPostgres({
  dataDir,
  onProgress = () => {},
  tcp = false,
  diesWithUs = true,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    const home = await findServerHome(resolve(dataDir));
    if (home.elsewhere) {
      onProgress(
        `PostgreSQL cannot run as root: it runs as ${home.user?.name}, with its files in ${home.folder}`,
      );
    }
    const binaries = await prepareBinaries(home);
    await makeCluster(home, binaries, onProgress);
    const port = tcp ? await findFreePort() : socketPort;
    const postmaster = await startPostmaster(home, binaries, { port, tcp, diesWithUs, onProgress });
    const password = tcp ? randomBytes(16).toString('hex') : undefined;
    await makeRoleAndDatabase(postmaster, password).catch(async (error) => {
      await postmaster.stop();
      throw error;
    });
    return {
      url: `postgres://packyard@localhost:${port}/packyard?host=${encodeURIComponent(postmaster.socketFolder)}&sslmode=disable`,
      tcpUrl: tcp ? `postgres://packyard:${password}@127.0.0.1:${port}/packyard` : undefined,
      port: tcp ? port : undefined,
      version: binaries.version,
      folder: home.folder,
      ended: postmaster.ended,
      stop: () => postmaster.stop(),
    };
  } catch (error) {
    throw explainFileTrouble(error, dataDir);
  }
}

/** The application owns its database and is no superuser, as on a server of one's own. */
async function makeRoleAndDatabase(postmaster: Postmaster, password?: string): Promise<void> {
  const client = await postmaster.connect();
  const isThere = async (query: string) => (await client.query(query)).rows.length > 0;
  try {
    if (!(await isThere(`SELECT FROM pg_roles WHERE rolname = 'packyard'`))) {
      await client.query('CREATE ROLE packyard LOGIN CREATEDB');
    }
    if (!(await isThere(`SELECT FROM pg_database WHERE datname = 'packyard'`))) {
      await client.query('CREATE DATABASE packyard OWNER packyard');
    }
    if (password) await client.query(`ALTER ROLE packyard PASSWORD '${password}'`);
  } finally {
    await client.end();
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
