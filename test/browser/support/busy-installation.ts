import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import request from 'supertest';
import { PublicationLock } from '../../../src/promotion/publication-lock.js';
import { install, type Installation } from '../../support/installation.js';

const DAY = 86_400_000;
/** A label that would take over the page, were it not taken for text. */
export const HOSTILE_LABEL =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

/** An installation in which there is something of everything to see. */
export async function installBusy(): Promise<Installation> {
  const backups = await backUp();
  const packyard = await install({ env: { BACKUP_DIR: backups } });
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
  // What is under way stays as it is: this has the right to work on it.
  const lock = await PublicationLock.tryAcquire(packyard.database.url, 'deb/core/2025');
  await recordPromotions(packyard);
  return {
    ...packyard,
    async remove() {
      await lock?.release();
      await packyard.remove();
      await rm(backups, { recursive: true });
    },
  };
}

/** A backup of two hours ago that was copied to no other host. @returns BACKUP_DIR */
async function backUp(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'packyard-backups-'));
  const at = new Date(Date.now() - 2 * 3_600_000).toISOString();
  const report = { error: null, last_verified_at: at, off_host: false, encrypted: true };
  await writeFile(join(folder, 'status.json'), JSON.stringify(report));
  return folder;
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

/** One that waits for a signer and one queued behind it; one that failed after one was live; one that is live. */
async function recordPromotions({ database }: Installation): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    `INSERT INTO promotion (id, kind, publication, component, series, format, target, request, state, error, actor,
                            created_at, finished_at, tidied)
     SELECT gen_random_uuid(), kind, publication, component, '2025', format, target, '{}', state, error::jsonb, 'ci',
            now() - age::interval, CASE WHEN ended THEN now() - age::interval END, true
       FROM (VALUES
         ('promotion', 'rpm/minion/2025/el9-x86_64', 'minion', 'rpm', 'el9-x86_64', 'live', NULL, '3 days', true),
         ('promotion', 'rpm/core/2025/el9-x86_64', 'core', 'rpm', 'el9-x86_64', 'live', NULL, '3 days', true),
         ('rollback', 'rpm/core/2025/el9-x86_64', 'core', 'rpm', 'el9-x86_64', 'failed',
          '{"code": "PACKAGE_WITHDRAWN", "message": "It was withdrawn."}', '2 hours', true),
         ('promotion', 'deb/core/2025', 'core', 'deb', 'bookworm-amd64', 'awaiting_signatures', NULL, '5 minutes', false),
         ('promotion', 'deb/core/2025', 'core', 'deb', 'bookworm-amd64', 'queued', NULL, '4 minutes', false)
       ) AS ordered (kind, publication, component, format, target, state, error, age, ended)`,
  );
  await client.query(
    `INSERT INTO signing_request (promotion_id, n, form, path, signature_path, sha256, requested_at)
     SELECT id, 1, 'clearsigned', 'a', 'b', repeat('0', 64), created_at FROM promotion
      WHERE state = 'awaiting_signatures'`,
  );
  await client.end();
}
