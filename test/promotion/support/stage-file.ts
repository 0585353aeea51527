import { cp, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { mustRun } from '../../clients/support/run.js';

/** Stages a file in a folder: the file, and then its checksum. */
export async function stageFile(folder: string, file: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(file, join(folder, basename(file)));
  const sum = await mustRun('sha256sum', [basename(file)], { cwd: folder });
  await mustRun('tee', [join(folder, `${basename(file)}.sha256`)], { input: sum });
}
