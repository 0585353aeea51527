/** The small servers that Packyard is compared with, each in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { cores, pin } from './machine.mjs';

export function startBare(stopLater) {
  return start('bare.mjs', [], stopLater);
}

export async function startInMemory(keys, folder, stopLater) {
  const file = join(folder, 'digests.json');
  await writeFile(
    file,
    JSON.stringify(keys.map(({ secret, component }) => [digestOf(secret), [component]])),
  );
  return start('in-memory.mjs', [file], stopLater);
}

export async function startQueryPerRequest(keys, databaseUrl, stopLater) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`
      CREATE TABLE benchmark_key (
        digest       text   PRIMARY KEY,
        components   text[] NOT NULL,
        uses         bigint NOT NULL DEFAULT 0,
        last_used_at timestamptz
      )`);
    await client.query(
      `INSERT INTO benchmark_key (digest, components)
       SELECT digest, ARRAY[component] FROM unnest($1::text[], $2::text[]) AS k (digest, component)`,
      [keys.map(({ secret }) => digestOf(secret)), keys.map(({ component }) => component)],
    );
    await client.query('ANALYZE benchmark_key');
  } finally {
    await client.end();
  }
  return start('query-per-request.mjs', [databaseUrl], stopLater);
}

async function start(script, args, stopLater) {
  const file = fileURLToPath(new URL(`../servers/${script}`, import.meta.url));
  const child = fork(file, args, { execArgv: [] });
  stopLater(() => child.kill());
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${script} ended before it listened`);
  });
  const [{ url }] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  pin(child.pid, cores.server);
  return { url: `${url}/auth`, pid: child.pid };
}

function digestOf(secret) {
  return createHash('sha256').update(secret).digest('hex');
}
