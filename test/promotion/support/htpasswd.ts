import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryCredentials } from '../../../src/config/registry-credentials.js';
import { mustRun } from '../../clients/support/run.js';

/** Writes a file of one user; with bcrypt, as registries want it. @returns its path */
export async function writeHtpasswd(
  folder: string,
  { username, password }: RegistryCredentials,
): Promise<string> {
  const file = join(folder, 'htpasswd');
  const hash = 'print crypt(<STDIN>, q($2y$05$abcdefghijklmnopqrstuu))'; // perl gives libcrypt's
  await writeFile(
    file,
    `${username}:${await mustRun('perl', ['-e', hash], { input: password })}\n`,
  );
  return file;
}
