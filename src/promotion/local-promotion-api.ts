import { PACKYARD } from '../audit/audit-event.js';
import { DomainError, type ErrorCode } from '../common/domain-error.js';
import { isDatabaseUnavailable } from '../database/is-database-unavailable.js';
import {
  type PromotionApi,
  ServerAway,
  type ToldPromotion,
  type ToldRequest,
} from '../signer/promotion-api.js';
import type { PromotionNews } from './promotion-news.js';
import type { PromotionsService } from './promotions.service.js';
import type { SigningService } from './signing.service.js';

/** The server as a signer sees it that runs in the same process. */
export class LocalPromotionApi implements PromotionApi {
  constructor(
    private readonly promotions: PromotionsService,
    private readonly signing: SigningService,
    private readonly news: PromotionNews,
  ) {}

  change(id: string, atMost: number, signal: AbortSignal): Promise<void> {
    return this.news.change(id, atMost, signal);
  }

  async get(id: string): Promise<ToldPromotion> {
    const promotion = await here(this.promotions.get(id));
    return { ...promotion, cancel_reason: promotion.cancelReason };
  }

  async requests(id: string): Promise<ToldRequest[]> {
    const requests = await here(this.signing.requests(id));
    return requests.map((each) => ({
      ...each,
      signed: each.signature !== null,
      signature: each.signature?.toString('base64') ?? null,
    }));
  }

  async sign(id: string, n: number, signature: Buffer): Promise<boolean> {
    const isTaken = this.signing
      .sign(id, n, signature)
      .then(() => true, unless('SIGNING_REQUEST_NOT_FOUND', false));
    return here(isTaken);
  }

  readSnapshot(id: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    return here(this.signing.openSnapshot(id, path));
  }

  readRelease(release: string, path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    return here(
      this.signing.openRelease(release, path).catch<undefined>(unless('FILE_NOT_FOUND', undefined)),
    );
  }

  async cancel(id: string, reason: string): Promise<void> {
    const isAsked = this.promotions
      .cancel(id, PACKYARD, reason)
      .then(() => undefined, unless('PROMOTION_FINISHED', undefined));
    await here(isAsked);
  }
}

function here<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw isDatabaseUnavailable(error) ? new ServerAway((error as Error).message) : error;
  });
}

function unless<T>(code: ErrorCode, instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof DomainError && error.code === code) return instead;
    throw error;
  };
}
