import { DomainError } from '../../common/domain-error.js';
import { type Publication, publicationName } from '../publication.js';

/** @param free bytes */
export function diskFull(free: number, cause: unknown): DomainError {
  return new DomainError(
    'DISK_FULL',
    'The disk that holds PUBLISHED_DIR has no space left. What is live was not changed. ' +
      'Make space there, then try again.',
    { free_bytes: free },
    { cause },
  );
}

export function publishedDirSplit(cause?: unknown): DomainError {
  return new DomainError(
    'PUBLISHED_DIR_SPLIT',
    'PUBLISHED_DIR has to be one mount: releases share their files as hard links, and a link goes ' +
      'live by being renamed. Mount all of it, with .work, .snap, rpm and deb, from one filesystem.',
    undefined,
    { cause },
  );
}

export function releaseNotFound(publication: Publication, releaseId: string): DomainError {
  return new DomainError(
    'RELEASE_NOT_FOUND',
    `${publicationName(publication)} has no release ${releaseId}. List the releases to see those it has.`,
  );
}

export function damaged(publication: Publication, releaseId: string, problem: string): DomainError {
  return new DomainError(
    'SNAPSHOT_INVALID',
    `release.json of ${publicationName(publication)} ${releaseId} cannot be used: ${problem}. ` +
      'Restore it from a backup of PUBLISHED_DIR.',
  );
}

export function unmanaged(publication: Publication): DomainError {
  const name = publicationName(publication);
  return new DomainError(
    'PUBLICATION_UNMANAGED',
    `${name} in PUBLISHED_DIR, or a folder above it, was put there by hand: it is no link that Packyard ` +
      `made, so nothing is promoted over it. Move it aside, stage its packages, and promote them.`,
    { publication: name },
  );
}

export function superseded(publication: Publication, releaseId: string): DomainError {
  return new DomainError(
    'RELEASE_SUPERSEDED',
    `${publicationName(publication)} has changed since release ${releaseId} was built, or the release ` +
      'was given up, so it was not put live. Promote again: the next release is built from what is live now.',
    { publication: publicationName(publication), release: releaseId },
  );
}
