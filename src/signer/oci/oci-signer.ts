import { createHash, type KeyObject } from 'node:crypto';
import type { Component } from '../../components/catalogue.js';
import {
  type SignaturePayload,
  signaturePayloads,
} from '../../promotion/oci/signature-payloads.js';
import type { ReleaseKind } from '../../promotion/release.js';
import { signPayload } from '../../signing/cosign-signature.js';
import { type FormatSigner, SNAPSHOT } from '../format-signer.js';
import type { ToldRequest } from '../promotion-api.js';
import { SigningRefused } from '../signing-refused.js';
import type { OwnImages } from './own-images.js';

/** What a promotion of images is judged by, all of it the signer's own. */
export interface OciSigningCase {
  readonly component: Component;
  readonly series: string;
  readonly images: OwnImages;
  /** `pkg.example.org`: what subscribers type. */
  readonly host: string;
  /** Of `cosign.key`. */
  readonly key: KeyObject;
}

/**
 * Signs what it has written itself, where that is what the server wants signed: the three names of each digest that it
 * computed from what it read in staging. A rollback or a withdrawal of images needs no signature, and gets none.
 */
export class OciSigner implements FormatSigner {
  private readonly payloads: ReadonlyMap<string, SignaturePayload>;
  private readonly signed = new Set<string>();

  /** @param given of a promotion */
  constructor(
    private readonly kind: ReleaseKind,
    private readonly given?: OciSigningCase,
  ) {
    this.payloads = new Map(given ? payloadsOf(given) : []);
  }

  answer({ form, path, sha256 }: ToldRequest): Promise<Buffer> {
    return Promise.resolve().then(() => {
      const own = this.payloads.get(path);
      if (!this.given || !own || form !== 'cosign') {
        throw new SigningRefused(
          `The server wants ${path} signed (${form}), which is nothing that this ${this.kind} of images needs: ` +
            'it has another image than staging has, or another architecture than the catalogue here.',
        );
      }
      if (createHash('sha256').update(own.bytes).digest('hex') !== sha256) {
        throw new SigningRefused(
          `The server wants other words signed for ${path} than ${own.bytes.toString()}. ` +
            'Compare the host (--host, and PUBLIC_URL of the server) and the catalogues.',
        );
      }
      this.signed.add(path);
      return signPayload(own.bytes, this.given.key);
    });
  }

  unsigned(): string | undefined {
    const missing = [...this.payloads.keys()].find((path) => !this.signed.has(path));
    return missing?.slice(SNAPSHOT.length);
  }
}

function payloadsOf({ component, series, images, host }: OciSigningCase) {
  const { repository } = component.oci!;
  const names = { host, repository, series, version: images.version };
  return images.digests
    .flatMap((digest) => signaturePayloads(digest, names))
    .map((each) => [SNAPSHOT + each.path, each] as const);
}
