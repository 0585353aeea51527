import type { KeptRelease } from '../format-builder.js';
import { publicationName } from '../publication.js';
import type { ReleasePackage } from '../release.js';
import { CARRY_DAYS } from '../tree/carried-files.js';

const DAY = 24 * 60 * 60_000; // milliseconds

/**
 * What an image still has in the registry: its version's tag and everything else (`named`); everything but the
 * name, for whoever is in the middle of pulling it or pins its digest (`grace`); nothing.
 */
export type ImageHold = 'named' | 'grace' | 'none';

/**
 * What the releases say of an image. Of each publication the newest has the last word: one that holds the image, or a
 * withdrawal that took it away, which leaves it its grace unless it was to go at once. What one publication
 * holds, no other one takes.
 *
 * @param packages of the image, of one release
 * @param kept every release of the component that is there, of all its series
 */
export function holdOn(
  packages: readonly ReleasePackage[],
  kept: readonly KeptRelease[],
  now: Date,
): ImageHold {
  const identities = new Set(packages.map(({ identity }) => identity));
  const isOf = (others: readonly ReleasePackage[] = []) =>
    others.some(({ identity }) => identities.has(identity));
  const said = new Map<string, ImageHold>();
  for (const { document, wasLive } of [...kept].sort(byAge)) {
    const publication = publicationName(document.publication);
    if (isOf(document.packages)) said.set(publication, 'named');
    // One that has not gone live has taken nothing yet. One that was to go at once counts after another that was not.
    else if (wasLive && isOf(document.withdrawn) && said.get(publication) !== 'none') {
      said.set(publication, isOver(document, now) ? 'none' : 'grace');
    }
  }
  const holds = [...said.values()];
  return holds.find((each) => each === 'named') ?? holds.find((each) => each === 'grace') ?? 'none';
}

function isOver({ created_at, at_once }: KeptRelease['document'], now: Date): boolean {
  return at_once === true || Date.parse(created_at) < now.getTime() - CARRY_DAYS * DAY;
}

function byAge({ document: a }: KeptRelease, { document: b }: KeptRelease): number {
  return a.id < b.id ? -1 : 1;
}
