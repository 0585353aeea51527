import { join } from 'node:path';
import { mustRun } from './run.js';

/** Building on a machine that has nothing yet; from then on it is a moment. */
export const buildTimeout = 900_000;

/** The program of that name, which no Debian package has. The first call on a machine builds it. */
export async function builtTool(name: string): Promise<string> {
  const settings = process.env as Record<string, string>; // Go's own: where its caches and modules are
  const folder = await mustRun('scripts/ci/build-servers.sh', [name], { env: settings });
  return join(folder.trim(), name);
}
