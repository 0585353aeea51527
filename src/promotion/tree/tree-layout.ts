import { basename, dirname, join, relative } from 'node:path';
import { DomainError } from '../../common/domain-error.js';
import { type Publication, publicationName } from '../publication.js';

/** What a publication's name is made of: nothing that could lead elsewhere, nothing hidden. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const PROMOTION_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
const RELEASE_ID = /^\d{8}T\d{6}Z-[0-9a-z]{4,32}$/;

/** Where everything of the published tree lies (docs/design/promotion.md). All paths are absolute. */
export class TreeLayout {
  readonly allWork: string;
  readonly allSnapshots: string;

  constructor(readonly root: string) {
    this.allWork = join(root, '.work');
    this.allSnapshots = join(root, '.snap');
  }

  workFolder(promotionId: string): string {
    return join(this.allWork, checked(PROMOTION_ID, promotionId, 'promotion'));
  }

  /** Becomes the folder of the release when it is sealed. */
  newSnapshot(promotionId: string): string {
    return join(this.workFolder(promotionId), 'snapshot');
  }

  releasesFolder(publication: Publication): string {
    return join(this.allSnapshots, checkedName(publication));
  }

  snapshotFolder(publication: Publication, releaseId: string): string {
    return join(this.releasesFolder(publication), checked(RELEASE_ID, releaseId, 'release'));
  }

  /** The path that subscribers ask for. */
  livePath(publication: Publication): string {
    return join(this.root, checkedName(publication));
  }

  /** What the link at the live path says when this release is live. */
  linkText(publication: Publication, releaseId: string): string {
    const folder = treeOf(this.snapshotFolder(publication, releaseId));
    return relative(dirname(this.livePath(publication)), folder);
  }

  /** The release that such a text names; undefined where it is none of ours. */
  releaseIn(publication: Publication, linkText: string): string | undefined {
    const id = basename(dirname(linkText));
    return isReleaseId(id) && linkText === this.linkText(publication, id) ? id : undefined;
  }
}

/** The files of a snapshot, which are all that is ever served of it. */
export function treeOf(snapshot: string): string {
  return join(snapshot, 'tree');
}

/** `release.json` lies beside the tree and not in it: no path of a subscriber leads there. */
export function documentFileOf(snapshot: string): string {
  return join(snapshot, 'release.json');
}

/**
 * The link that puts the release live by being renamed to the live path. It is made once, when the
 * release is sealed, and used up by that: a release goes live once at most, whoever tries again, and
 * one whose link is gone and that is not live never will.
 */
export function launchLinkOf(snapshot: string): string {
  return join(snapshot, 'launch');
}

/** What becomes of the launch link when the right to go live is given up. */
export function givenUpLinkOf(snapshot: string): string {
  return join(snapshot, 'given-up');
}

export function isReleaseId(name: string): boolean {
  return RELEASE_ID.test(name);
}

export function isPromotionId(name: string): boolean {
  return PROMOTION_ID.test(name);
}

function checkedName(publication: Publication): string {
  const { component, series, target } = publication;
  for (const part of [component, series, ...(target === undefined ? [] : [target])]) {
    checked(NAME, part, 'publication');
  }
  return publicationName(publication);
}

function checked(pattern: RegExp, name: string, what: string): string {
  if (pattern.test(name)) return name;
  throw new DomainError('INVALID_REQUEST', `This is not the name of a ${what}: ${name}`);
}
