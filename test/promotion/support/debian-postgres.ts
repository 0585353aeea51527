import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '../../clients/support/run.js';
import { freePort } from './s3-server.js';

export interface DebianPostgres {
  /** As libpq's programs want it. */
  readonly env: Readonly<Record<'PGHOST' | 'PGPORT' | 'PGUSER' | 'PGDATABASE', string>>;
  readonly url: string;
  stop(): Promise<void>;
}

/** A PostgreSQL of Debian's on loopback, with its own pg_dump beside it, and an empty database. */
export async function startDebianPostgres(): Promise<DebianPostgres> {
  const [version] = (await readdir('/usr/lib/postgresql')).sort().reverse();
  const program = (name: string) => `/usr/lib/postgresql/${version}/bin/${name}`;
  const folder = await mkdtemp(join(tmpdir(), 'packyard-postgres-'));
  await mustRun('chown', ['postgres', folder]);
  await chmod(folder, 0o700);
  const asPostgres = (command: string, ...args: string[]) =>
    mustRun('setpriv', [
      ...['--reuid=postgres', '--regid=postgres', '--clear-groups', command],
      ...args,
    ]);
  const data = join(folder, 'data');
  const port = await freePort();
  await asPostgres(program('initdb'), '-D', data, '--auth=trust', '--no-sync', '-U', 'packyard');
  const options = `-c listen_addresses=127.0.0.1 -p ${port} -k ${folder}`;
  await asPostgres(program('pg_ctl'), 'start', '-w', '-D', data, '-l', '/dev/null', '-o', options);
  const env = {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: 'packyard',
    PGDATABASE: 'packyard',
  };
  await mustRun('createdb', ['packyard'], { env });
  return {
    env,
    url: `postgres://packyard@127.0.0.1:${port}/packyard`,
    async stop() {
      await asPostgres(program('pg_ctl'), 'stop', '-w', '-m', 'fast', '-D', data);
      await rm(folder, { recursive: true });
    },
  };
}
