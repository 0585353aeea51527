import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { REPOMD } from './promotion.js';
import type { Stack } from './support/stack.js';
import { statusesWhile } from './support/statuses-while.js';

const MIGRATION = `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class NextVersion9999000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("ALTER TABLE key ADD next_version text NOT NULL DEFAULT 'added'");
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE key DROP next_version');
  }
}
`;

/** docs/operations/upgrade.md, to a version that migrates the database, and back. */
export function upgrade(stack: () => Stack): void {
  let key: string;
  beforeAll(async () => {
    ({ key } = await stack().keys.createKey('core'));
  });
  const underLoad = (work: () => Promise<unknown>) =>
    statusesWhile(work, () => stack().statusOf(REPOMD('core'), key));
  const tag = (from: string, to: string) => stack().mustRun('docker', 'tag', from, to);
  const replace = (service: string) =>
    stack().run('docker', 'compose', 'up', '--detach', '--no-deps', '--wait', service);
  async function mustReplace(...services: string[]): Promise<void> {
    for (const service of services) {
      const { code, output } = await replace(service);
      expect([code, output]).toEqual([0, output]);
      await sleep(2_000); // until Traefik, which looks each second, has seen it
    }
  }
  /** Which image each of these runs. */
  async function versions(...services: string[]): Promise<string[]> {
    const names = services.map((service) => `packyard-${service}-1`);
    const images = await stack().mustRun('docker', 'inspect', '--format', '{{.Image}}', ...names);
    const known = new Map<string, string>();
    for (const name of ['before', 'after']) {
      const image = `packyard:${name}`;
      const id = await stack().mustRun('docker', 'inspect', '--format', '{{.Id}}', image);
      known.set(id.trim(), name);
    }
    return images
      .trim()
      .split('\n')
      .map((id) => known.get(id) ?? id);
  }
  /** That the processes obey what the admin API says now. */
  async function expectToObey(): Promise<void> {
    const made = await stack().keys.createKey('core');
    expect(await stack().statusOf(REPOMD('core'), made.key)).toBe(200);
    await stack().keys.revokeKey(made.id);
    const statuses = await Promise.all(
      Array.from({ length: 8 }, () => stack().statusOf(REPOMD('core'), made.key)),
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
  }

  it('builds the new version while the old one runs', async () => {
    await tag('packyard:local', 'packyard:before');
    const { checkout } = stack();
    await writeFile(join(checkout, 'migrations/9999000000000-next-version.ts'), MIGRATION);
    const source = join(checkout, 'src/database/data-source.ts');
    const text = await readFile(source, 'utf8');
    await writeFile(
      source,
      `import { NextVersion9999000000000 } from '../../migrations/9999000000000-next-version.js';\n` +
        text.replace('const migrations = [', 'const migrations = [\n  NextVersion9999000000000,'),
    );
    await stack().compose('build');
    await tag('packyard:local', 'packyard:after');
    expect(await versions('admin', 'auth-1', 'auth-2')).toEqual(['before', 'before', 'before']);
  }, 300_000);

  it('replaces one process after the other, and fails no request', async () => {
    const statuses = await underLoad(() => mustReplace('admin', 'auth-1', 'auth-2'));
    expect(await versions('admin', 'auth-1', 'auth-2')).toEqual(['after', 'after', 'after']);
    expect(statuses.length).toBeGreaterThan(200);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const migrated = "SELECT bool_and(next_version = 'added') FROM key";
    const ask = ['psql', '--no-psqlrc', '--tuples-only', '--no-align', '--command', migrated];
    expect(await stack().compose('exec', '-T', 'backup', ...ask)).toBe('t\n');
    await expectToObey();
  }, 300_000);

  it('goes back with the auth processes, on the migrated database', async () => {
    await tag('packyard:before', 'packyard:local');
    const statuses = await underLoad(() => mustReplace('auth-2', 'auth-1'));
    expect(await versions('admin', 'auth-1', 'auth-2')).toEqual(['after', 'before', 'before']);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await expectToObey();
  }, 300_000);

  it('does not go back with admin, which says why and is put forward again', async () => {
    const { code } = await replace('admin');
    expect(code).toBe(1);
    const log = await stack().compose('logs', '--tail', '20', 'admin');
    expect(log).toContain('migrated by a newer Packyard');
    expect(await stack().statusOf(REPOMD('core'), key)).toBe(200);

    await tag('packyard:after', 'packyard:local');
    await mustReplace('admin', 'auth-1', 'auth-2');
    await stack().settled();
    await expectToObey();
  }, 300_000);
}
