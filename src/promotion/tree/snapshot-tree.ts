import { randomUUID } from 'node:crypto';
import { mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Clock } from '../../common/clock.js';
import type { Publication } from '../publication.js';
import type { ReleaseDocument } from '../release.js';
import { Disk, exists, hasCode, type OnStep, readLink } from './disk.js';
import { claimSuccession } from './claim-succession.js';
import { foundPublications } from './found-publications.js';
import { type Pruned, type PruneRules, pruneTree } from './prune-tree.js';
import { readRelease, type ReadRelease } from './release-file.js';
import { type SealedRelease, sealSnapshot } from './seal-snapshot.js';
import {
  damaged,
  publishedDirSplit,
  releaseNotFound,
  superseded,
  unmanaged,
} from './tree-errors.js';
import { givenUpLinkOf, isReleaseId, launchLinkOf, TreeLayout, treeOf } from './tree-layout.js';

/** A snapshot that is there, with its document or with what is wrong with that. */
export type FoundRelease = ReadRelease & { readonly id: string };

/** From which release a new one carries files. */
export interface CarryFrom {
  readonly releaseId: string;
  /** Paths that its metadata names (`FormatBuilder.namedFiles`). */
  readonly named: Iterable<string>;
  /** Paths that leave at once (`withdraw --now`). */
  readonly except?: ReadonlySet<string>;
}

/**
 * The published tree: immutable snapshots, and a link to the one that is live of each publication
 * (docs/design/promotion.md). The link is the truth.
 *
 * Every method can be run again after a crash at any point. One promotion of a publication runs at a
 * time; where that fails, `switch` still lets one win.
 *
 * @throws DomainError everywhere: DISK_FULL, PUBLISHED_DIR_SPLIT, and PUBLICATION_UNMANAGED where a
 *   live path is not a link of ours; INVALID_REQUEST for an id that is none
 */
export class SnapshotTree {
  readonly layout: TreeLayout;
  readonly disk: Disk;

  constructor(
    publishedDir: string,
    private readonly clock: Clock,
    onStep?: OnStep,
  ) {
    this.layout = new TreeLayout(publishedDir);
    this.disk = new Disk(onStep);
  }

  /** Makes the folders that everything else needs, and checks that the tree is one mount. */
  async prepare(): Promise<void> {
    const { root, allWork, allSnapshots } = this.layout;
    await mkdir(root, { recursive: true });
    await this.disk.makeFolder(allWork);
    await this.disk.makeFolder(allSnapshots);
    const tops = (await readdir(root)).filter((name) => ['rpm', 'deb', 'oci'].includes(name));
    const folders = [root, allWork, allSnapshots, ...tops.map((top) => join(root, top))];
    const devices = new Set((await Promise.all(folders.map((f) => stat(f)))).map(({ dev }) => dev));
    if (devices.size > 1) throw publishedDirSplit();
  }

  /** The release at the live path, whether or not its snapshot is there; undefined where there is none. */
  async liveRelease(publication: Publication): Promise<string | undefined> {
    const path = this.layout.livePath(publication);
    try {
      const folder = await realpath(dirname(path));
      const ownFolder = join(
        await realpath(this.layout.root),
        relative(this.layout.root, dirname(path)),
      );
      const text = await readLink(path);
      // Behind another link, the text of ours would lead elsewhere.
      if (folder === ownFolder) {
        const release = text === undefined ? undefined : this.layout.releaseIn(publication, text);
        if (text === undefined || release !== undefined) return release;
      }
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      if (!hasCode(error, 'EINVAL', 'ENOTDIR')) throw error; // no link, or below a file
    }
    throw unmanaged(publication);
  }

  /** @throws DomainError RELEASE_NOT_FOUND; SNAPSHOT_INVALID where its release.json is damaged */
  async documentOf(publication: Publication, releaseId: string): Promise<ReleaseDocument> {
    const read = await readRelease(this.layout.snapshotFolder(publication, releaseId), publication);
    if (read && 'document' in read) return read.document;
    throw read
      ? damaged(publication, releaseId, read.problem)
      : releaseNotFound(publication, releaseId);
  }

  /** The files of a release: what its live path leads to. */
  treeFolder(publication: Publication, releaseId: string): string {
    return treeOf(this.layout.snapshotFolder(publication, releaseId));
  }

  /** Where a promotion builds its release; on the mount of the tree, and not made yet. */
  newTree(promotionId: string): string {
    return treeOf(this.layout.newSnapshot(promotionId));
  }

  /** All snapshots of a publication, the oldest first. One that is damaged is among them, and says so. */
  async releases(publication: Publication): Promise<FoundRelease[]> {
    const folder = this.layout.releasesFolder(publication);
    const names = await readdir(folder).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    });
    const ids = names.filter(isReleaseId).sort();
    return Promise.all(
      ids.map(async (id) => {
        const read = await readRelease(join(folder, id), publication);
        return { id, ...(read ?? { problem: 'it has no release.json' }) };
      }),
    );
  }

  /** Is its snapshot there, damaged or not? */
  holds(publication: Publication, releaseId: string): Promise<boolean> {
    return exists(this.layout.snapshotFolder(publication, releaseId));
  }

  /** Has it been switched to? Not one that waits for that, nor one that has given it up. */
  async wasLive(publication: Publication, releaseId: string): Promise<boolean> {
    const snapshot = this.layout.snapshotFolder(publication, releaseId);
    return !(await exists(launchLinkOf(snapshot))) && !(await exists(givenUpLinkOf(snapshot)));
  }

  /** Every publication that has a folder for its snapshots. */
  publications(): Promise<Publication[]> {
    return foundPublications(this.layout.allSnapshots);
  }

  /**
   * Makes what a promotion built into an immutable release, which is not live yet. Files that are to be
   * carried are linked in from another release; `left_at` of those that leave now is the time of this call.
   *
   * @returns the document with the files that it carries; of a release that is sealed already, its own
   */
  async seal(
    promotionId: string,
    document: Omit<ReleaseDocument, 'carried'>,
    { carryFrom }: { readonly carryFrom?: CarryFrom } = {},
  ): Promise<ReleaseDocument> {
    await this.prepare();
    const { publication, id } = document;
    const place = this.layout.snapshotFolder(publication, id);
    const sealed = (await exists(place)) ? await this.documentOf(publication, id) : undefined;
    if (sealed && sealed.promotion !== promotionId) {
      throw new Error(`promotion ${sealed.promotion} has made the release ${id} already`);
    }
    const made = sealed ?? (await this.sealNew(promotionId, document, carryFrom));
    if (!sealed) {
      await this.disk.makeFolder(dirname(place));
      const placed = await this.disk.rename(this.layout.newSnapshot(promotionId), place);
      if (!placed) throw new Error(`the work of promotion ${promotionId} was taken away`);
    }
    await this.syncUpwards(dirname(place));
    return made;
  }

  /**
   * Puts a sealed release live, durably, in place of the one that it was built from. Fine where it is live.
   *
   * @param expectedBase undefined where there was none
   * @throws DomainError RELEASE_SUPERSEDED where something else is live, or another release has the
   *   base's succession, or this one was given up
   */
  async switch(
    publication: Publication,
    releaseId: string,
    expectedBase: string | undefined,
  ): Promise<void> {
    const snapshot = this.layout.snapshotFolder(publication, releaseId);
    if ((await this.liveRelease(publication)) !== releaseId) {
      const won = await this.goLive(publication, snapshot, expectedBase);
      // Where it was not this call that won, another process may have for the same promotion.
      if (!won && (await this.liveRelease(publication)) !== releaseId) {
        throw superseded(publication, releaseId);
      }
    }
    await this.syncUpwards(dirname(this.layout.livePath(publication)));
    if (await exists(snapshot)) await this.disk.sync(snapshot);
  }

  /**
   * Gives up the right of a sealed release to go live, for good, which frees its base for another. Of
   * this and a `switch` at the same time, one happens.
   *
   * @returns false where the release is live
   */
  async releaseClaim(publication: Publication, releaseId: string): Promise<boolean> {
    const snapshot = this.layout.snapshotFolder(publication, releaseId);
    const gaveUp = await this.disk.rename(launchLinkOf(snapshot), givenUpLinkOf(snapshot));
    if (gaveUp) await this.disk.sync(snapshot);
    return (await this.liveRelease(publication)) !== releaseId;
  }

  /** Removes a release, whole as a crash sees it. @returns false where it is live, and stays */
  async removeSnapshot(publication: Publication, releaseId: string): Promise<boolean> {
    const snapshot = this.layout.snapshotFolder(publication, releaseId);
    if (!(await exists(snapshot))) return true;
    // From here on it cannot go live, so the look at the link holds.
    if (!(await this.releaseClaim(publication, releaseId))) return false;
    const trash = join(this.layout.allWork, `removed.${releaseId}.${randomUUID()}`);
    await this.disk.makeFolder(this.layout.allWork);
    await this.disk.rename(snapshot, trash);
    await this.disk.sync(dirname(snapshot));
    await this.disk.sync(this.layout.allWork);
    await this.disk.remove(trash);
    return true;
  }

  removeWork(promotionId: string): Promise<void> {
    return this.disk.remove(this.layout.workFolder(promotionId));
  }

  /** Removes what nobody needs any more; the link is looked at again before each removal. */
  prune(rules: PruneRules): Promise<Pruned> {
    return pruneTree(this, this.clock.now(), rules);
  }

  private async sealNew(
    promotionId: string,
    document: Omit<ReleaseDocument, 'carried'>,
    carryFrom: CarryFrom | undefined,
  ): Promise<ReleaseDocument> {
    const { publication, id, restored } = document;
    const carry = carryFrom && {
      base: await this.sealedRelease(publication, carryFrom.releaseId),
      named: carryFrom.named,
      except: carryFrom.except ?? new Set<string>(),
      now: this.clock.now(),
    };
    return sealSnapshot(
      this.disk,
      this.layout.newSnapshot(promotionId),
      document,
      this.layout.linkText(publication, id),
      carry,
      restored === undefined ? [] : [this.treeFolder(publication, restored)],
    );
  }

  private async sealedRelease(publication: Publication, id: string): Promise<SealedRelease> {
    return {
      snapshot: this.layout.snapshotFolder(publication, id),
      document: await this.documentOf(publication, id),
    };
  }

  /** The switch itself. @returns false where it is not this release's turn, or not any more */
  private async goLive(
    publication: Publication,
    snapshot: string,
    expectedBase: string | undefined,
  ): Promise<boolean> {
    const base =
      expectedBase === undefined
        ? dirname(snapshot)
        : this.layout.snapshotFolder(publication, expectedBase);
    const livePath = this.layout.livePath(publication);
    const baseIsLive = async () => (await this.liveRelease(publication)) === expectedBase;
    if (!(await baseIsLive()) || !(await exists(launchLinkOf(snapshot)))) return false;
    await this.disk.makeFolder(dirname(livePath));
    if (!(await claimSuccession(this.disk, base, snapshot))) return false;
    // The time at which the base was replaced, for `prune`: written before, it is never missing.
    await this.disk.touch(base, this.clock.now());
    await this.disk.sync(base);
    // With the claim this release alone can change what is live, so this look holds.
    return (await baseIsLive()) && this.disk.rename(launchLinkOf(snapshot), livePath);
  }

  /** Brings a new name in a folder to the disk, and the folder itself, which may be new too. */
  private async syncUpwards(folder: string): Promise<void> {
    await this.disk.sync(folder);
    if (folder !== this.layout.root) await this.syncUpwards(dirname(folder));
  }
}
