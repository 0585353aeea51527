import type { Readable } from 'node:stream';

/** A stored file as it was when it was looked at. */
export interface StoredObject {
  /** From the root of the bucket or folder: `core/2025/rpm/el9-x86_64/acme-1.0-1.x86_64.rpm`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
  /** Another one once the file is replaced. */
  readonly version: string;
  /** Why its bytes cannot be had although it is there: it is a link, a folder without permission. */
  readonly unreadable?: string;
}

/**
 * Where staged files lie: a folder, or a bucket of an S3 server. It knows nothing of what they mean.
 *
 * Every method throws DomainError STAGING_UNAVAILABLE, which names the setting, when the store cannot be reached or
 * does not let us in.
 */
export abstract class ObjectStore {
  /**
   * What begins with the prefix and comes after a path, in the order of the bytes of the paths. What is
   * written or removed meanwhile is in it or not; all else is.
   */
  abstract list(options: { prefix: string; after: string }): AsyncIterable<StoredObject>;

  /** Undefined where there is nothing. */
  abstract look(path: string): Promise<StoredObject | undefined>;

  /** The bytes, from one version of the file. Undefined where there is nothing. */
  abstract read(path: string): Promise<Readable | undefined>;

  /**
   * Copies within the store, and answers once the copy would survive a power cut. False: the source is gone or
   * was replaced since it was looked at. What the copy holds is the caller's to check.
   * The caller has made sure that there is nothing at the target and that nobody else writes there.
   */
  abstract copy(source: StoredObject, target: string): Promise<boolean>;

  /** Removes it, unless it was replaced since it was looked at. */
  abstract remove(object: StoredObject): Promise<void>;

  /** Makes the folder or bucket where it is not there yet. May be called at any time, and by several at once. */
  abstract prepare(): Promise<void>;

  /** Resolves when the folder or bucket is there and can be read. */
  abstract check(): Promise<void>;
}
