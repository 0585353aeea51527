import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `package.json` and `static/` are, whatever folder the process was started in. */
export const projectFolder = folderOfPackage(dirname(fileURLToPath(import.meta.url)));

/** Of `package.json`. */
export function packageVersion(): string {
  const text = readFileSync(join(projectFolder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Sources are two folders below it, the build three. */
function folderOfPackage(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : folderOfPackage(dirname(folder));
}
