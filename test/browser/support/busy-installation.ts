import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import request from 'supertest';
import { install, type Installation } from '../../support/installation.js';

const DAY = 86_400_000;
/** A label that would take over the page, were it not taken for text. */
export const HOSTILE_LABEL =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

/** An installation in which there is something of everything to see. */
export async function installBusy(): Promise<Installation> {
  const packyard = await install();
  await publish(packyard);
  for (const [label, days] of [
    ['Acme Corp — Core', 3],
    ['Acme Corp — Core, second data centre', 12],
    [HOSTILE_LABEL, 20],
    ['Globex', 200],
  ] as const) {
    const expires_at = new Date(Date.now() + days * DAY).toISOString();
    await packyard.createKey({
      components: ['core', 'minion'],
      label,
      customer: 'C-1',
      expires_at,
    });
  }
  const { id } = await packyard.createKey();
  await request(packyard.admin).delete(`/api/v1/keys/${id}`).expect(204);
  await countRequests(packyard);
  return packyard;
}

async function publish({ publishedDir }: Installation): Promise<void> {
  const repodata = join(publishedDir, 'rpm/core/2025/el9-x86_64/repodata');
  await mkdir(repodata, { recursive: true });
  const made = Math.floor(Date.now() / 1000) - 3 * 86_400;
  await writeFile(
    join(repodata, 'repomd.xml'),
    `<?xml version="1.0"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>${made}</revision>
     <data type="primary"><timestamp>${made}</timestamp></data></repomd>\n`,
  );
  await writeFile(join(repodata, 'repomd.xml.asc'), 'a signature\n');
  const dist = join(publishedDir, 'deb/core/2025/dists/bookworm');
  await mkdir(dist, { recursive: true });
  await writeFile(join(dist, 'Release'), `Suite: bookworm\nDate: ${new Date().toUTCString()}\n`);
}

/** A day with a night in it, and something of every kind. */
async function countRequests({ database }: Installation): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    `INSERT INTO access_outcome (hour, status, reason, format, requests)
     SELECT date_trunc('hour', now()) - make_interval(hours => ago), status, reason, 'rpm',
            (weight * (6 + 5 * sin(ago / 4.0)))::int
       FROM generate_series(0, 23) AS ago,
            (VALUES ('allowed', 'key', 40), ('allowed_public', 'public', 12),
                    ('denied', 'unknown-key', 6), ('denied', 'out-of-scope', 2),
                    ('error', 'view-stale', 1)) AS kind (status, reason, weight)`,
  );
  await client.end();
}
