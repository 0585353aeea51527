import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupStatus } from './status.js';

/** `status.json`, as `deploy/backup/backup.sh` writes it. */
interface BackupReport {
  readonly error: string | null;
  readonly last_verified_at: string | null;
  readonly off_host: boolean;
  readonly encrypted: boolean;
}

/** Reads what the last backup said of itself. Never fails: what it cannot read is the problem. */
export async function readBackupStatus(folder: string): Promise<BackupStatus> {
  try {
    const report = JSON.parse(await readFile(join(folder, 'status.json'), 'utf8')) as BackupReport;
    const { error, last_verified_at, off_host, encrypted } = report;
    return {
      lastVerifiedAt: last_verified_at === null ? null : new Date(last_verified_at),
      offHost: off_host,
      encrypted,
      problem: error && `The last backup failed: ${error}.`,
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      lastVerifiedAt: null,
      offHost: false,
      encrypted: false,
      problem:
        code === 'ENOENT'
          ? `No backup was made yet: ${folder} holds no status.json.`
          : `${join(folder, 'status.json')} cannot be read (${code ?? 'it is no JSON'}).`,
    };
  }
}
