import { DomainError } from '../common/domain-error.js';
import type { PromotionJob } from './promotion-job.js';
import type { SigningRequest, StepName } from './promotion.js';

/** What is to be signed, as it goes into the journal. */
export type WantedSignature = Pick<SigningRequest, 'form' | 'path' | 'signaturePath' | 'sha256'>;

/** Milliseconds between two looks for signatures that another process took. */
const INTERVAL = 200;

/**
 * Asks for signatures, waits until all are there, and takes each into use. What was signed before a crash
 * is not asked for again.
 * @throws DomainError SIGNER_LOST where no signer was heard of for `SIGNING_TIMEOUT`
 */
export async function askForSignatures(
  { id, shop, signal }: PromotionJob,
  step: StepName,
  wanted: readonly WantedSignature[],
  use: (request: SigningRequest, signature: Buffer) => Promise<void>,
): Promise<void> {
  const { promotions, signatures, news, signingTimeout, clock } = shop;
  await signatures.request(id, wanted, clock.now());
  await promotions.enter(id, 'awaiting_signatures');
  const paths = new Set(wanted.map(({ signaturePath }) => signaturePath));
  for (let signedBefore = -1; ;) {
    signal.throwIfAborted();
    const all = await signatures.of(id);
    const requests = all.filter(({ signaturePath }) => paths.has(signaturePath));
    const signed = requests.filter(({ signature }) => signature !== null).length;
    if (signed !== signedBefore) await promotions.progress(id, step, signed, requests.length);
    signedBefore = signed;
    if (signed === requests.length) {
      for (const request of requests) {
        await use(request, request.signature as Buffer);
      }
      await promotions.enter(id, 'running');
      return;
    }
    if ((await signatures.secondsWithoutSigner(id)) > signingTimeout) {
      throw signerLost(signingTimeout);
    }
    await news.change(id, INTERVAL, signal);
  }
}

function signerLost(seconds: number): DomainError {
  return new DomainError(
    'SIGNER_LOST',
    `No signer was heard of for ${seconds} s (SIGNING_TIMEOUT). What was staged is still staged: run packyard promote again.`,
  );
}
