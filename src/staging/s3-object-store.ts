import type { S3, _Object } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import type { S3Staging } from '../config/settings.js';
import { DomainError } from '../common/domain-error.js';
import { ObjectStore, type StoredObject } from './object-store.js';
import { answersFound, s3Failure } from './s3-failure.js';
import { compareBytes } from './staging-path.js';
import { watchBytes } from './watch-bytes.js';

/** The most that S3 answers at once; RustFS has ended a listing early when it was asked for more. */
const PAGE = 1000;

/** Milliseconds. Copying the largest file takes as long as the server's disk does. */
export const S3_TIME_LIMITS = { connect: 5_000, answer: 30_000, silence: 30_000, copy: 900_000 };

/** Staged files in a bucket of an S3-compatible server. */
export class S3ObjectStore extends ObjectStore {
  private client?: Promise<S3>;

  constructor(
    private readonly settings: S3Staging,
    private readonly limits = S3_TIME_LIMITS,
  ) {
    super();
  }

  /**
   * Each page is asked for by the last name of the one before, until one is empty. Continuation tokens and
   * `IsTruncated` are not relied on: servers have repeated the one and lied with the other (rustfs/rustfs
   * issues 1596, 3217, 5792), and a list that ends early looks like one that is complete.
   */
  async *list({ prefix, after }: { prefix: string; after: string }): AsyncGenerator<StoredObject> {
    for (let last = after; ;) {
      const page = await this.page(prefix, last);
      if (page.length === 0) return;
      for (const object of page) {
        if (compareBytes(object.path, last) <= 0) throw this.outOfOrder(object.path, last);
        last = object.path;
        // What stands for a folder in some tools; a prefix that ends in a slash is one too.
        if (!object.path.endsWith('/')) yield object;
      }
    }
  }

  async look(path: string): Promise<StoredObject | undefined> {
    return this.send(async (s3) => {
      const head = await answersFound(s3.headObject(this.object(path)));
      return (
        head && {
          path,
          size: head.ContentLength ?? 0,
          modifiedAt: head.LastModified ?? new Date(0),
          version: head.ETag ?? '',
        }
      );
    });
  }

  async read(path: string): Promise<Readable | undefined> {
    return this.send(async (s3) => {
      const got = await answersFound(s3.getObject(this.object(path)));
      if (!got?.Body) return undefined;
      return watchBytes(got.Body as Readable, {
        silence: this.limits.silence,
        failure: (error) => s3Failure(error, this.settings),
      });
    });
  }

  async copy(source: StoredObject, target: string): Promise<boolean> {
    return this.send(async (s3) => {
      const copied = await answersFound(
        s3.copyObject(
          {
            ...this.object(target),
            CopySource: [this.settings.bucket, ...source.path.split('/')]
              .map(encodeURIComponent)
              .join('/'),
            CopySourceIfMatch: source.version,
          },
          { requestTimeout: this.limits.copy },
        ),
      );
      return copied !== undefined;
    });
  }

  /** Servers that know no conditional delete leave a moment between the look and the removal. */
  async remove(object: StoredObject): Promise<void> {
    if ((await this.look(object.path))?.version !== object.version) return;
    await this.send((s3) =>
      answersFound(s3.deleteObject({ ...this.object(object.path), IfMatch: object.version })),
    );
  }

  async prepare(): Promise<void> {
    await this.send(async (s3) => {
      try {
        await s3.createBucket({ Bucket: this.settings.bucket });
      } catch (error) {
        const known = ['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'];
        if (!known.includes((error as Error).name)) throw error;
      }
    });
  }

  async check(): Promise<void> {
    await this.send((s3) => s3.listObjectsV2({ Bucket: this.settings.bucket, MaxKeys: 1 }));
  }

  private async page(prefix: string, after: string): Promise<StoredObject[]> {
    const { Contents = [] } = await this.send((s3) =>
      s3.listObjectsV2({
        Bucket: this.settings.bucket,
        MaxKeys: PAGE,
        ...(prefix && { Prefix: prefix }),
        ...(after && { StartAfter: after }),
      }),
    );
    return Contents.map(describe);
  }

  private object(path: string): { Bucket: string; Key: string } {
    return { Bucket: this.settings.bucket, Key: path };
  }

  private async send<T>(request: (s3: S3) => Promise<T>): Promise<T> {
    this.client ??= connect(this.settings, this.limits);
    try {
      return await request(await this.client);
    } catch (error) {
      throw s3Failure(error, this.settings);
    }
  }

  private outOfOrder(path: string, last: string): DomainError {
    return new DomainError(
      'STAGING_UNAVAILABLE',
      `The staging server ${this.settings.endpoint} (STAGING_URL) lists ${JSON.stringify(path)} behind ` +
        `${JSON.stringify(last)}: it does not list in order, so that what waits cannot be known. Update it.`,
    );
  }
}

/** The SDK is loaded with the first request: that takes half a second, which a process without staging is spared. */
async function connect(
  { endpoint, accessKey, secretKey }: S3Staging,
  limits: typeof S3_TIME_LIMITS,
): Promise<S3> {
  const sdk = await import('@aws-sdk/client-s3');
  return new sdk.S3({
    endpoint,
    region: 'us-east-1', // part of each signature; servers of one's own have no other
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    forcePathStyle: true,
    // Servers differ in which checksums they know. The bytes are hashed by ourselves.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: limits.connect,
      requestTimeout: limits.answer,
      throwOnRequestTimeout: true,
      socketTimeout: 0, // `watchBytes` does that, and lets a copy take its time
    },
  });
}

function describe({ Key = '', Size = 0, LastModified, ETag = '' }: _Object): StoredObject {
  return { path: Key, size: Size, modifiedAt: LastModified ?? new Date(0), version: ETag };
}
