import { StartError } from '../../common/start-error.js';
import { DomainError } from '../../common/domain-error.js';
import type { BaseNote, FormatSigner } from '../../signer/format-signer.js';
import { type SignerOrder, ServerAway, type ToldPromotion } from '../../signer/promotion-api.js';
import { PromotionSigner } from '../../signer/promotion-signer.js';
import { SigningRefused } from '../../signer/signing-refused.js';
import { granted } from '../admin-api-client.js';
import type { Cli, GlobalOptions } from '../cli.js';
import { CliError, PromotionFailure, usageError } from '../cli-error.js';
import { HttpPromotionApi } from './http-promotion-api.js';
import { Interruption } from './interruption.js';
import { Progress } from './progress.js';
import { promotionEvents } from './promotion-events.js';
import {
  hasSigningKey,
  requireSigningKey,
  SigningSession,
  type SigningOptions,
} from './signing-session.js';

export interface CarryOutOptions extends GlobalOptions, SigningOptions {}

/** How the server is asked for the change. @returns its promotion, and whether it needs the signer */
export type Place = () => Promise<{ readonly id: string; readonly needsSigner: boolean }>;

/**
 * Orders a change, signs what it needs, and follows it until it is live.
 * @throws PromotionFailure where it does not become live
 */
export async function carryOut(
  cli: Cli,
  options: CarryOutOptions,
  order: SignerOrder,
  place: Place,
): Promise<void> {
  const interruption = Interruption.watch();
  const progress = new Progress(cli, options.json);
  try {
    const ended = await run(cli, options, order, place, progress, interruption.signal);
    progress.end();
    conclude(cli, options, ended);
  } catch (error) {
    progress.end();
    throw asFailure(error);
  } finally {
    interruption.end();
  }
}

async function run(
  cli: Cli,
  options: CarryOutOptions,
  order: SignerOrder,
  place: Place,
  progress: Progress,
  signal: AbortSignal,
): Promise<ToldPromotion> {
  const { environment } = cli;
  const session = await SigningSession.open(environment, order, options, signal);
  try {
    const client = cli.api(options);
    const api = new HttpPromotionApi(client);
    const signsHere = hasSigningKey(environment) || !(await serverSigns(cli, options));
    const mayNeedNone = order.kind === 'rollback' && order.destination.format !== 'deb';
    let signer: FormatSigner | undefined;
    if (signsHere && !(mayNeedNone && !hasSigningKey(environment))) {
      signer = await session.prepare({
        api,
        onBase: (note) => progress.event('base', noteData(note), baseWords('Base', note)),
        onRestored: (note) => progress.event('restored', noteData(note), baseWords('From', note)),
      });
    }
    signal.throwIfAborted();
    const { id, needsSigner } = await place();
    progress.event('ordered', { id }, `Promotion ${id}`);
    if (signsHere && needsSigner && !signer) requireSigningKey(environment);

    const shown = new AbortController();
    const showing = show(promotionEvents(client, id, shown.signal), progress);
    try {
      const follower = new PromotionSigner(api, order, signer, {
        signed: ({ path }) => progress.event('signed', { path }),
        away: (reason) => progress.event('away', { reason }, `Waiting for the server. ${reason}`),
      });
      return await follower.follow(id, signal);
    } finally {
      shown.abort();
      await showing;
    }
  } finally {
    await session.close();
  }
}

/** With development keys it does; there is nothing to sign here then. */
async function serverSigns(cli: Cli, options: GlobalOptions): Promise<boolean> {
  const { by } = await granted(cli.api(options).GET('/api/v1/signing'));
  return by === 'server';
}

/** What is shown never keeps what is shown from going on. */
async function show(events: ReturnType<typeof promotionEvents>, progress: Progress): Promise<void> {
  try {
    for await (const event of events) progress.told(event);
  } catch (error) {
    progress.event('away', {}, `Its progress cannot be shown: ${(error as Error).message}`);
  }
}

function conclude(cli: Cli, options: GlobalOptions, promotion: ToldPromotion): void {
  const { id, state, release, error } = promotion;
  if (options.json) cli.write(JSON.stringify({ type: 'ended', promotion }));
  if (state === 'live') {
    if (!options.json) cli.write(`Live: release ${release}.`);
    return;
  }
  if (error) throw new PromotionFailure(1, error.code, error.message);
  throw new PromotionFailure(1, 'CANCELLED', `The promotion ${id} was cancelled. Nothing changed.`);
}

function noteData({ of, base }: BaseNote) {
  return { of, base: base && { ...base, date: base.date.toISOString() } };
}

export function baseWords(title: string, { of, base }: BaseNote): string {
  if (!base) return `${title} of ${of}: none. Nothing is live there, by the word of the server.`;
  const { release, date, digest, packages } = base;
  return (
    `${title} of ${of}: ${release}, of ${date.toISOString()}, ` +
    `${packages} ${packages === 1 ? 'package' : 'packages'}, verified\n  --base ${digest}`
  );
}

export function asFailure(error: unknown): unknown {
  const { message } = error as Error;
  if (error instanceof SigningRefused) return new PromotionFailure(1, 'SIGNING_REFUSED', message);
  if (error instanceof StartError) return usageError(message);
  if (error instanceof ServerAway) return new PromotionFailure(3, 'UNREACHABLE', message);
  if (error instanceof DomainError) {
    const exitCode = error.code === 'STAGING_UNAVAILABLE' ? 3 : 1;
    return new PromotionFailure(exitCode, error.code, message);
  }
  if (error instanceof CliError && !(error instanceof PromotionFailure)) {
    return new PromotionFailure(error.exitCode, error.code, message);
  }
  return error;
}
