import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { DomainError } from '../common/domain-error.js';
import { isSignatureOf, readCosignPublicKey } from '../signing/cosign-signature.js';
import { PrimaryKeys, SignatureProblem } from '../signing/primary-keys.js';
import type { Promotion, SigningRequest } from './promotion.js';
import type { PromotionsService } from './promotions.service.js';
import type { Workshop } from './workshop.js';

/** The server's side of signing by request: what waits, what it stands for, and what comes back. */
export class SigningService {
  constructor(
    private readonly promotions: PromotionsService,
    private readonly shop: Workshop,
  ) {}

  /**
   * What waits for a signature, and what has one. Whoever asks is taken to be a signer that is there.
   * @throws DomainError PROMOTION_NOT_FOUND
   */
  async requests(id: string): Promise<SigningRequest[]> {
    await this.promotions.get(id);
    await this.shop.signatures.seeSigner(id);
    return this.shop.signatures.of(id);
  }

  /**
   * Checks a signature against the public key and keeps it; one that is there already stays.
   * @throws DomainError PROMOTION_NOT_FOUND, SIGNING_REQUEST_NOT_FOUND, SIGNATURE_REFUSED
   */
  async sign(id: string, n: number, signature: Buffer): Promise<void> {
    const promotion = await this.promotions.get(id);
    const request = (await this.shop.signatures.of(id)).find((each) => each.n === n);
    if (!request || promotion.state !== 'awaiting_signatures') throw notWaiting(id, n);
    if (request.signature) return;
    await this.check(promotion, request, signature);
    await this.shop.signatures.put(id, n, signature, this.shop.clock.now());
  }

  /** @throws DomainError PROMOTION_NOT_FOUND, FILE_NOT_FOUND */
  async openSnapshot(id: string, path: string): Promise<Readable> {
    await this.promotions.get(id);
    return openInside(this.shop.tree.newTree(id), path);
  }

  /** @throws DomainError RELEASE_NOT_FOUND, FILE_NOT_FOUND */
  async openRelease(id: string, path: string): Promise<Readable> {
    const { document } = await this.promotions.release(id);
    return openInside(this.shop.tree.treeFolder(document.publication, id), path);
  }

  private async check(
    promotion: Promotion,
    { form, path, signaturePath }: SigningRequest,
    signature: Buffer,
  ): Promise<void> {
    const work = this.shop.tree.layout.workFolder(promotion.id);
    const subject = join(work, path);
    switch (form) {
      case 'rpm-header': {
        const { packageSignature } = this.shop.builderOf(promotion.format);
        if (!packageSignature)
          throw new Error(`a package of ${promotion.format} bears no signature`);
        await packageSignature.apply(
          subject,
          signature,
          join(work, signaturePath),
          this.shop.publicKeyFile,
        );
        return;
      }
      case 'cosign': {
        const key = await readCosignPublicKey(this.shop.cosignKeyFile);
        if (isSignatureOf(await readFile(subject), signature, key)) return;
        throw refused(path, new SignatureProblem('It is not by the key of cosign.pub.'));
      }
      case 'detached':
      case 'clearsigned':
        return this.checkText(form, await readFile(subject), signature.toString('utf8')).catch(
          (error: unknown) => {
            throw error instanceof SignatureProblem ? refused(path, error) : error;
          },
        );
    }
  }

  private async checkText(
    form: 'detached' | 'clearsigned',
    content: Buffer,
    signature: string,
  ): Promise<void> {
    const keys = await PrimaryKeys.read(this.shop.publicKeyFile);
    if (form === 'detached') await keys.checkDetached(content, signature);
    else if (!content.equals(await keys.checkClearsigned(Buffer.from(signature)))) {
      throw new SignatureProblem('It is over another text than the one that was to be signed.');
    }
  }
}

function refused(path: string, { message }: SignatureProblem): DomainError {
  return new DomainError('SIGNATURE_REFUSED', `The signature of ${path} is refused: ${message}`, {
    path,
  });
}

/** A plain file inside a folder; a path that leads out of it is as one that is not there. */
async function openInside(folder: string, path: string): Promise<Readable> {
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, path));
    if (file.startsWith(root + sep) && (await stat(file)).isFile()) return createReadStream(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (
      code !== 'ENOENT' &&
      code !== 'ENOTDIR' &&
      code !== 'ENAMETOOLONG' &&
      code !== 'ERR_INVALID_ARG_VALUE'
    )
      throw error;
  }
  throw new DomainError('FILE_NOT_FOUND', `The snapshot has no file ${path}.`, { path });
}

function notWaiting(id: string, n: number): DomainError {
  return new DomainError(
    'SIGNING_REQUEST_NOT_FOUND',
    `The promotion ${id} does not wait for a signature ${n}. GET /api/v1/promotions/${id}/signing-requests lists what it waits for.`,
  );
}
