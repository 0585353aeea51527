import { basename, dirname, join } from 'node:path';
import { type Disk, exists, readLink } from './disk.js';
import { launchLinkOf } from './tree-layout.js';

/**
 * Makes a release the one successor of its base, which another promotion cannot become then. Claims
 * are numbered and never taken back: one counts as long as its holder has its launch link, and a holder
 * without it either never goes live, or has gone and is what the caller finds at the live path.
 *
 * A claim need not survive a power cut: nobody who could compete does.
 *
 * @param base the folder of the base, or of the publication's releases for the first one
 * @returns false where another release has the claim
 */
export async function claimSuccession(
  disk: Disk,
  base: string,
  snapshot: string,
): Promise<boolean> {
  const siblings = dirname(snapshot);
  for (let number = 1; ; number++) {
    const claim = join(base, `successor-${number}`);
    // A link, as it is the one thing that is made exclusively with its content.
    if (await disk.symlink(join(base === siblings ? '' : '..', basename(snapshot)), claim))
      return true;
    const holder = join(siblings, basename((await readLink(claim)) ?? ''));
    if (holder === snapshot) return true;
    if (await exists(launchLinkOf(holder))) return false;
  }
}
