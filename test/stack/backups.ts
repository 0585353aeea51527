import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST, REPOMD } from './promotion.js';
import { OtherHost } from './support/other-host.js';
import type { Stack } from './support/stack.js';

export function backups(stack: () => Stack): void {
  const backUp = async () => {
    const output = await stack().compose('exec', '-T', 'backup', 'backup.sh');
    const [, name] = /backup: \S+\/(\d{8}T\d{6}Z) \(.*\), verified/.exec(output) ?? [];
    if (!name) throw new Error(output);
    return name;
  };

  /** As the page on backups says, with the volumes that are to be restored gone. */
  async function restore(...what: string[]): Promise<void> {
    expect(await stack().compose('run', '--rm', 'restore', ...what)).toContain('restore: done');
    await stack().compose('run', '--rm', '--no-deps', 'admin', 'bin/replay-key-journal');
    await stack().compose('up', '--detach');
    await stack().settled();
  }

  async function warningsOfBackup(): Promise<string[]> {
    const answer = await fetch(`${stack().admin}/api/v1/status`);
    const { warnings } = (await answer.json()) as { warnings: { message: string }[] };
    return warnings.map(({ message }) => message).filter((message) => /backup/i.test(message));
  }

  it('was made of a new stack already, and what is missing is a copy off the host', async () => {
    expect(await warningsOfBackup()).toEqual([expect.stringContaining('BACKUP_TARGET')]);
  });

  it('restores what was lost, the keys to the last change of them', async () => {
    const [live, revoked] = [
      await stack().keys.createKey('core'),
      await stack().keys.createKey('core'),
    ];
    const before = (await stack().get(REPOMD('core'), live.key)).body;
    const name = await backUp();
    const sold = await stack().keys.createKey('core');
    await stack().keys.revokeKey(revoked.id);

    await stack().compose('down');
    const lost = ['postgres-data', 'published', 'registry-data'];
    await stack().mustRun('docker', 'volume', 'rm', ...lost.map((each) => `packyard_${each}`));
    await restore(name);

    expect((await stack().get(REPOMD('core'), live.key)).body).toBe(before);
    expect(await stack().statusOf(MANIFEST('core'), sold.key)).toBe(200);
    expect(await stack().statusOf(REPOMD('core'), revoked.key)).toBe(401);
    await stack().ci.promoteRpm('core', 'acme-core', '3');
  }, 300_000);

  it('is copied to another host over ssh, encrypted, and makes a lost host anew', async () => {
    const other = await OtherHost.start(stack());
    try {
      const identity = await stack().compose('exec', '-T', 'backup', 'age-keygen');
      const [recipient] = /age1\S+/.exec(identity) ?? [];
      await other.trust();
      await appendFile(
        join(stack().checkout, '.env'),
        `BACKUP_TARGET=${other.target}\nBACKUP_RECIPIENT=${recipient}\n`,
      );
      await stack().compose('up', '--detach');
      await stack().settled();

      const [live, revoked] = [
        await stack().keys.createKey('core'),
        await stack().keys.createKey('core'),
      ];
      const before = (await stack().get(REPOMD('core'), live.key)).body;
      const name = await backUp();
      expect(await warningsOfBackup()).toEqual([]);
      const sold = await stack().keys.createKey('core');
      await stack().keys.revokeKey(revoked.id);
      await stack().compose('exec', '-T', 'backup', 'copy-key-journal.sh'); // as it does each five minutes
      expect((await other.list(name)).sort()).toEqual([
        ...['SHA256SUMS', 'database.dump.age', 'key-journal.tar.age'],
        ...['published.tar.age', 'registry.tar.age'],
      ]);

      // The host is gone, with all of its volumes. What is left is the other host, and the identity.
      const journal = 'key-journal.tar.age';
      const rescued = await other.fetch(name, journal);
      await stack().compose('down', '--volumes');
      await writeFile(join(stack().checkout, 'deploy/backup/ssh/identity'), identity);
      await stack().compose('up', '--no-start');
      for (const each of rescued) {
        await stack().compose('cp', each, 'backup:/var/backups/packyard/');
      }
      await restore(name, journal);

      expect((await stack().get(REPOMD('core'), live.key)).body).toBe(before);
      expect(await stack().statusOf(MANIFEST('core'), sold.key)).toBe(200);
      expect(await stack().statusOf(REPOMD('core'), revoked.key)).toBe(401);
      await stack().ci.promoteRpm('core', 'acme-core', '4');
    } finally {
      await other.stop();
    }
  }, 300_000);
}
