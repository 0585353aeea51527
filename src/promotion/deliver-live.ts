import type { FormatBuilder, KeptRelease } from './format-builder.js';
import type { Publication } from './publication.js';
import type { SnapshotTree } from './tree/snapshot-tree.js';

/**
 * Brings what serves clients besides the published tree in line with the release that the link names. Whoever was
 * thought dead and is not may do this at the same time with an older one, so the link is looked at again afterwards:
 * the last to write is one that has seen what is live.
 */
export async function deliverLive(
  tree: SnapshotTree,
  builder: FormatBuilder,
  publication: Publication,
): Promise<void> {
  if (!builder.deliver) return;
  for (let delivered: string | undefined; ;) {
    const live = await tree.liveRelease(publication);
    if (live === delivered || live === undefined) return;
    const document = await tree.documentOf(publication, live);
    const folder = tree.treeFolder(publication, live);
    await builder.deliver({ folder, document }, await keptReleases(tree, publication));
    delivered = live;
  }
}

/** Every release of a component and format that is there, of all its series. */
export async function keptReleases(
  tree: SnapshotTree,
  { component, format }: Publication,
): Promise<KeptRelease[]> {
  const kept: KeptRelease[] = [];
  for (const publication of await tree.publications()) {
    if (publication.component !== component || publication.format !== format) continue;
    for (const found of await tree.releases(publication)) {
      if (!('document' in found)) continue;
      kept.push({
        folder: tree.treeFolder(publication, found.id),
        document: found.document,
        wasLive: await tree.wasLive(publication, found.id),
      });
    }
  }
  return kept;
}
