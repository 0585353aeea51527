import type { Clock } from '../common/clock.js';
import type { CatalogueView } from '../components/catalogue-view.js';
import type { StagingStore } from '../staging/staging-store.js';
import type { FileServer } from './file-server.js';
import type { FormatBuilder } from './format-builder.js';
import type { PromotionNews } from './promotion-news.js';
import type { PromotionStore } from './promotion.store.js';
import type { Format } from './publication.js';
import type { ReleaseStore } from './release.store.js';
import type { SignatureStore } from './signature.store.js';
import type { SnapshotTree } from './tree/snapshot-tree.js';

/** Injection token of the workshop. */
export const WORKSHOP = Symbol('WORKSHOP');

/** What the work of a promotion needs. */
export interface Workshop {
  readonly promotions: PromotionStore;
  readonly news: PromotionNews;
  readonly signatures: SignatureStore;
  readonly releases: ReleaseStore;
  readonly components: CatalogueView;
  readonly staging: StagingStore;
  readonly tree: SnapshotTree;
  readonly clock: Clock;
  /** What subscribers verify with; every signature is checked against it. */
  readonly publicKeyFile: string;
  /** `cosign.pub`, for images. */
  readonly cosignKeyFile: string;
  /** Seconds for which a signer may not be heard of. */
  readonly signingTimeout: number;
  /** Releases of a publication that are kept besides what was live lately. */
  readonly releasesKept: number;
  /** @throws DomainError UNKNOWN_TARGET for a format that nothing here builds */
  readonly builderOf: (format: Format) => FormatBuilder;
  /** Who serves the published tree; undefined where nobody is known. */
  readonly fileServerOf: (format: Format) => FileServer | undefined;
  /** Lets one at a time do what takes much memory. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}
