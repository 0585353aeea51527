import { basename, sep } from 'node:path';
import type { Clock } from '../../common/clock.js';
import { DomainError } from '../../common/domain-error.js';
import type { Component } from '../../components/catalogue.js';
import { readCosignPublicKey } from '../../signing/cosign-signature.js';
import type {
  BuildOrder,
  FormatBuilder,
  KeptRelease,
  ReleaseSnapshot,
  SigningTask,
  StagedFile,
} from '../format-builder.js';
import type { Destination } from '../publication.js';
import type { ReleaseDocument, ReleasePackage } from '../release.js';
import { buildImage, takeOver } from './build-image.js';
import { deliverImage } from './deliver-image.js';
import { digestOf, hexOf } from './descriptor.js';
import { forgetImage } from './forget-image.js';
import { ImageProblem } from './image-problem.js';
import { blobPath } from './image-tree.js';
import { readImage } from './read-image.js';
import type { RegistryClient } from './registry-client.js';
import { verifyImage } from './verify-image.js';

export interface OciBuilderParts {
  /** Undefined where REGISTRY_URL is empty. */
  readonly registry: RegistryClient | undefined;
  /** What subscribers type, with the port where there is one; empty while nobody has said it. */
  readonly host: () => string;
  /** `cosign.pub` */
  readonly publicKeyFile: string;
  readonly clock: Clock;
}

/**
 * Container images: a release is one version in all architectures of the catalogue. Its snapshot holds the index, the
 * manifests and the signatures; the layers are in the registry, which clients pull from. So a release that is live by
 * the link is delivered once the registry's tags have followed.
 */
export class OciBuilder implements FormatBuilder {
  readonly format = 'oci';

  constructor(private readonly parts: OciBuilderParts) {}

  async requireTools(): Promise<void> {
    if (this.parts.host() === '') {
      throw new DomainError(
        'REGISTRY_UNAVAILABLE',
        'What an image is called is in its signature, and nobody has said the host: set PUBLIC_URL.',
      );
    }
    await this.registry().ping();
  }

  async inspect(
    file: string,
    { component, series, target }: Destination,
    { oci, series: all }: Component,
  ): Promise<StagedFile> {
    try {
      const { manifest, version } = await readImage(file, target);
      if (all.includes(version)) {
        throw new ImageProblem(
          `its version ${version} is also the name of a series of ${component}, whose tag moves`,
        );
      }
      const digest = digestOf(manifest);
      return {
        kind: 'package',
        ...{ name: oci!.repository, version, architecture: target },
        ...{ identity: hexOf(digest), path: blobPath(digest) },
        published: { size: manifest.length, sha256: hexOf(digest) },
      };
    } catch (error) {
      if (!(error instanceof ImageProblem)) throw error;
      throw new DomainError(
        'PACKAGE_REFUSED',
        `${component}/${series}/oci/${target}/${basename(file)} cannot be promoted: ${error.message}.`,
        { file: basename(file), target },
        { cause: error },
      );
    }
  }

  async build(order: BuildOrder): Promise<readonly SigningTask[]> {
    const { base, restored, packages } = order;
    const earlier =
      restored ??
      (base && packages.every(({ source }) => source.startsWith(base.folder + sep))
        ? base
        : undefined);
    if (!earlier) return buildImage(order, this.registry(), this.parts.host());
    await takeOver(order, earlier.folder, this.registry());
    return [];
  }

  async verify(folder: string, document: ReleaseDocument): Promise<void> {
    const key = await readCosignPublicKey(this.parts.publicKeyFile);
    await verifyImage(folder, document, this.registry(), key).catch((error: unknown) => {
      if (!(error instanceof ImageProblem)) throw error;
      throw new DomainError(
        'SNAPSHOT_INVALID',
        `What was built is not what a client can pull: ${error.message}. Nothing of it is live.`,
        undefined,
        { cause: error },
      );
    });
  }

  /** Clients ask the registry, where what an earlier release named stays as long as that is kept. */
  namedFiles(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set());
  }

  deliver(live: ReleaseSnapshot, kept: readonly KeptRelease[]): Promise<void> {
    return deliverImage(live, kept, this.registry(), this.parts.clock.now());
  }

  forget(packages: readonly ReleasePackage[], kept: readonly KeptRelease[]): Promise<void> {
    return forgetImage(packages, kept, this.registry(), this.parts.clock.now());
  }

  private registry(): RegistryClient {
    if (this.parts.registry) return this.parts.registry;
    throw new DomainError(
      'REGISTRY_UNAVAILABLE',
      'There is no registry for images: set REGISTRY_URL, and start again.',
    );
  }
}
