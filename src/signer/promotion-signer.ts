import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../common/domain-error.js';
import { asReason } from '../promotion/cancel-reason.js';
import { isUnderWay } from '../promotion/promotion.js';
import type { FormatSigner } from './format-signer.js';
import {
  type PromotionApi,
  ServerAway,
  type SignerOrder,
  type ToldPromotion,
  type ToldRequest,
} from './promotion-api.js';
import { SigningRefused } from './signing-refused.js';

/** Milliseconds between two looks: a person takes it for at once, and the server for a signer that is there. */
const INTERVAL = 300;
/** Milliseconds for which a server may be away: it is started again, or the tunnel is. */
const PATIENCE = 120_000;
/** What is signed at once, between two looks at the promotion. */
const BATCH = 16;
/** Milliseconds for the server to take note of the end of a promotion that is given up. */
const FAREWELL = 5_000;
/** Why a promotion is cancelled whose signer was told to stop. */
const INTERRUPTED = 'Whoever was to sign it was interrupted.';

export interface SignerEvents {
  /** It has been signed, and the server has taken it. */
  signed?(request: ToldRequest): void;
  /** Once each time that the server stops answering. */
  away?(reason: string): void;
}

/**
 * Follows a promotion to its end and answers what the server wants signed: what the format's signer finds to be what
 * was ordered, and nothing else. Where it refuses once, it gives the promotion up.
 */
export class PromotionSigner {
  /** @param signer without one nothing is signed: the server does it itself, or nothing needs it */
  constructor(
    private readonly api: PromotionApi,
    private readonly order: SignerOrder,
    private readonly signer: FormatSigner | undefined,
    private readonly events: SignerEvents = {},
    private readonly patience = PATIENCE,
  ) {}

  /**
   * @param signal gives the promotion up
   * @returns the promotion as it ended
   * @throws SigningRefused where the server wants signed what it should not; the signal's reason; whatever keeps it
   *   from signing. The promotion is cancelled then, unless it is live
   */
  async follow(id: string, signal: AbortSignal): Promise<ToldPromotion> {
    try {
      for (;;) {
        signal.throwIfAborted();
        const promotion = await this.ask(() => this.api.get(id), signal);
        this.requireOrdered(promotion, id);
        if (!isUnderWay(promotion.state)) return this.requireSigned(promotion);
        if (await this.answerSome(promotion, signal)) continue;
        await this.api.change(id, INTERVAL, signal);
      }
    } catch (error) {
      if (!(error instanceof ServerAway)) {
        await this.giveUp(id, signal.aborted ? INTERRUPTED : reasonFor(error));
      }
      throw error;
    }
  }

  /** @returns whether there was anything to answer */
  private async answerSome(promotion: ToldPromotion, signal: AbortSignal): Promise<boolean> {
    const { signer } = this;
    // Asked also when nothing waits: the server sees that the signer is there.
    const requests = await this.ask(() => this.api.requests(promotion.id), signal);
    if (!signer || promotion.state !== 'awaiting_signatures') return false;
    const some = requests.filter(({ signed }) => !signed).slice(0, BATCH);
    const answers = some.map((request) => this.answer(signer, request, promotion, signal));
    // None is left behind that still signs when the key is taken away.
    const failed = (await Promise.allSettled(answers)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
    return some.length > 0;
  }

  private async answer(
    signer: FormatSigner,
    request: ToldRequest,
    promotion: ToldPromotion,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const signature = await this.ask(() => signer.answer(request, promotion), signal);
      const hand = () => this.api.sign(promotion.id, request.n, signature);
      // Where it is no longer waited for, the list that is asked for next says what is.
      if (await this.ask(hand, signal)) this.events.signed?.(request);
    } catch (error) {
      if (error instanceof ServerAway || signal.aborted) throw error;
      if (await this.isWaitedFor(request, promotion.id, signal)) throw error;
    }
  }

  /**
   * A server that was started again builds anew: what it asked for before is gone, and may not have fitted what it showed
   * already. Nothing was signed of it, and what it wants now is judged as ever.
   */
  private async isWaitedFor(
    { n, path, sha256 }: ToldRequest,
    id: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { state } = await this.ask(() => this.api.get(id), signal);
    const requests = await this.ask(() => this.api.requests(id), signal);
    return (
      state === 'awaiting_signatures' &&
      requests.some((each) => each.n === n && each.path === path && each.sha256 === sha256)
    );
  }

  /** What is signed is for this order, whatever the server calls it. */
  private requireOrdered(promotion: ToldPromotion, id: string): void {
    const { kind, destination } = this.order;
    const told: Record<string, unknown> = { ...promotion };
    const ordered: Record<string, unknown> = { id, kind, ...destination };
    for (const [name, value] of Object.entries(ordered)) {
      if (value === undefined || told[name] === value) continue;
      throw new SigningRefused(
        `This is a ${kind} with the ${name} ${JSON.stringify(value)}, and the server answers one with ${JSON.stringify(told[name])}.`,
      );
    }
  }

  private requireSigned(promotion: ToldPromotion): ToldPromotion {
    const unsigned = promotion.state === 'live' ? this.signer?.unsigned() : undefined;
    if (unsigned === undefined) return promotion;
    throw new SigningRefused(
      `The server says that the promotion ${promotion.id} is live, and it cannot be: ${unsigned} was never signed here.`,
    );
  }

  /** Asks again while the server is away. @throws ServerAway when it stays so */
  private async ask<T>(question: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const until = performance.now() + this.patience;
    for (let told = false; ;) {
      try {
        return await question();
      } catch (error) {
        if (!(error instanceof ServerAway) || performance.now() > until) throw error;
        if (!told) this.events.away?.(error.message);
        told = true;
      }
      await sleep(INTERVAL, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }

  /** The server may be what is wrong: it is not waited for. */
  private async giveUp(id: string, reason: string): Promise<void> {
    const tooLate = sleep(FAREWELL, undefined, { ref: false });
    await Promise.race([this.api.cancel(id, reason).catch(() => undefined), tooLate]);
  }
}

/** Only what was worded for a person goes to where the promotion is looked at. */
export function reasonFor(error: unknown): string {
  if (error instanceof SigningRefused || error instanceof DomainError) {
    return asReason(`It was not signed. ${error.message}`);
  }
  return 'It was not signed. Whoever was to sign it failed, and says there why.';
}
