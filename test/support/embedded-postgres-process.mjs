/**
 * A process that runs an embedded PostgreSQL until its parent stops it or is
 * gone, however the parent ended. Forked with the options as JSON; without a
 * `dataDir` it makes a temporary one and removes it. Sends `{ url, folder }`, or
 * `{ error }` and ends.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from './typescript.mjs';

const { startEmbeddedPostgres } = load('src/database/embedded-postgres.ts');

const options = JSON.parse(process.argv[2]);
const temporary = options.dataDir ? undefined : await mkdtemp(join(tmpdir(), 'packyard-test-'));
// So that as root the server's user gets in, and nothing is left under /var/lib.
if (temporary) await chmod(temporary, 0o711);

const gone = new Promise((resolve) => process.once('disconnect', resolve));
try {
  const database = await startEmbeddedPostgres({ dataDir: temporary, ...options });
  if (process.connected) process.send({ url: database.url, folder: database.folder });
  await gone;
  await database.stop();
} catch (error) {
  process.exitCode = 1;
  if (process.connected) process.send({ error: `${error.name}: ${error.message}` });
} finally {
  if (temporary) await rm(temporary, { recursive: true, force: true });
  if (process.connected) process.disconnect();
}
