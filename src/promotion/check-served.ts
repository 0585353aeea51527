import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileServer } from './file-server.js';
import type { PromotionJob } from './promotion-job.js';
import { publicationName } from './publication.js';

/**
 * The smoke check after a switch: asks the file server for what clients ask for first, and compares it with the release.
 * What is live has changed already, so what is wrong is a warning of the promotion.
 */
export async function checkServed(job: PromotionJob, release: string): Promise<void> {
  const { builder, publication, promotion, shop } = job;
  const server = shop.fileServerOf(publication.format);
  if (!server || !builder.entryFiles) return;
  const folder = shop.tree.treeFolder(publication, release);
  for (const path of await builder.entryFiles(folder)) {
    const asked = `${publicationName(publication)}/${path}`;
    const problem = await problemWith(server, asked, await readFile(join(folder, path)));
    if (problem === undefined) continue;
    // Someone else may have gone on meanwhile, and no longer serves this one.
    if ((await shop.tree.liveRelease(publication)) !== release) return;
    const warning =
      `It is live, and subscribers may not get it: ${server.name} was asked for ${asked}, and ${problem}. ` +
      'See that it runs and serves PUBLISHED_DIR.';
    if (!promotion.warnings.includes(warning)) await shop.promotions.warn(job.id, warning);
    return;
  }
}

async function problemWith(
  server: FileServer,
  path: string,
  expected: Buffer,
): Promise<string | undefined> {
  try {
    const served = await server.read(path);
    return served.equals(expected) ? undefined : 'what it served is not what this release has';
  } catch (error) {
    return (error as Error).message;
  }
}
