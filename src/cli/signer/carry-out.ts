import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../../common/start-error.js';
import { DomainError } from '../../common/domain-error.js';
import { type BaseNote, type FormatSigner, SNAPSHOT } from '../../signer/format-signer.js';
import { type SignerOrder, ServerAway, type ToldPromotion } from '../../signer/promotion-api.js';
import { OciSigner } from '../../signer/oci/oci-signer.js';
import { PromotionSigner } from '../../signer/promotion-signer.js';
import { SigningRefused } from '../../signer/signing-refused.js';
import { startToolsElsewhere } from '../../signer/signer-tools.js';
import { type AdminApiClient, granted } from '../admin-api-client.js';
import type { Cli, GlobalOptions } from '../cli.js';
import { CliError, PromotionFailure, usageError } from '../cli-error.js';
import type { CliEnvironment } from '../environment.js';
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

/** Milliseconds for the last events to be shown once it has ended. */
const LAST_EVENTS = 2_000;

/** How the server is asked for the change. @returns the id of its promotion */
export type Place = () => Promise<string>;

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
  startToolsElsewhere();
  const interruption = Interruption.watch();
  const progress = new Progress(cli, options.json);
  try {
    const errand = new Errand(cli, options, order, progress, interruption.signal);
    conclude(cli, options, await errand.run(place), errand.signedMetadata);
  } catch (error) {
    throw asFailure(error);
  } finally {
    progress.end();
    interruption.end();
  }
}

/** One order, from before it is given to its end. */
class Errand {
  /** Digests of what was signed of the new release's metadata, by path: the latest of each counts. */
  readonly signedMetadata = new Map<string, string>();
  private readonly client: AdminApiClient;
  private readonly api: HttpPromotionApi;

  constructor(
    private readonly cli: Cli,
    private readonly options: CarryOutOptions,
    private readonly order: SignerOrder,
    private readonly progress: Progress,
    private readonly signal: AbortSignal,
  ) {
    this.client = cli.api(options);
    this.api = new HttpPromotionApi(this.client);
  }

  async run(place: Place): Promise<ToldPromotion> {
    const { cli, options, order, signal, progress } = this;
    const session = await SigningSession.open(cli.environment, order, options, signal);
    try {
      const signer = await this.signer(session);
      signal.throwIfAborted();
      const id = await place();
      progress.event('ordered', { id }, `Promotion ${id}`);
      return await this.follow(id, signer);
    } finally {
      await session.close();
    }
  }

  /** Whoever has a key signs, whatever the server says. Undefined: the server does it. */
  private async signer(session: SigningSession): Promise<FormatSigner | undefined> {
    const { environment } = this.cli;
    const { kind, destination } = this.order;
    if (destination.format === 'oci' && kind !== 'promotion') return new OciSigner(kind);
    if (!hasSigningKey(environment, destination.format)) {
      const { by } = await granted(this.client.GET('/api/v1/signing'));
      if (by === 'server') return undefined;
      if (kind === 'rollback' && destination.format !== 'deb') return keyless(environment);
    }
    return session.prepare({
      api: this.api,
      onBase: (note) => this.progress.event('base', noteData(note), baseWords(note)),
      onRestored: (note) =>
        this.progress.event('restored', noteData(note), noteWords('What is brought back', note)),
    });
  }

  private async follow(id: string, signer: FormatSigner | undefined): Promise<ToldPromotion> {
    const { api, order, progress } = this;
    const shown = new AbortController();
    const showing = show(promotionEvents(this.client, id, shown.signal), progress);
    try {
      const follower = new PromotionSigner(api, order, signer, {
        signed: ({ path, sha256 }) => {
          progress.event('signed', { path, sha256 });
          if (path.startsWith(SNAPSHOT)) this.signedMetadata.set(path, sha256);
        },
        away: (reason) => progress.event('away', { reason }, `Waiting for the server. ${reason}`),
      });
      const ended = await follower.follow(id, this.signal);
      await Promise.race([showing, sleep(LAST_EVENTS, undefined, { ref: false })]);
      return ended;
    } finally {
      shown.abort();
      await showing;
    }
  }
}

/** For what needs no signature, by the contract; a server that wants one all the same gets none. */
function keyless(environment: CliEnvironment): FormatSigner {
  const refuse = () => Promise.resolve().then(() => requireSigningKey(environment) as never);
  return { answer: refuse, unsigned: () => undefined };
}

/** What is shown never keeps what is shown from going on. */
async function show(events: ReturnType<typeof promotionEvents>, progress: Progress): Promise<void> {
  try {
    for await (const event of events) progress.told(event);
  } catch (error) {
    progress.event('away', {}, `Its progress cannot be shown: ${(error as Error).message}`);
  }
}

function conclude(
  cli: Cli,
  options: GlobalOptions,
  promotion: ToldPromotion,
  signed: ReadonlyMap<string, string>,
): void {
  const { id, state, release, error, cancel_reason: reason } = promotion;
  if (options.json) cli.write(JSON.stringify({ type: 'ended', promotion }));
  if (state === 'live') {
    if (options.json) return;
    cli.write(`Live: release ${release}.`);
    for (const digest of new Set(signed.values()))
      cli.tell(`The next one can pin it: --base ${digest}`);
    return;
  }
  if (error) throw new PromotionFailure(1, error.code, error.message);
  throw new PromotionFailure(
    1,
    'CANCELLED',
    `The promotion ${id} was cancelled. Nothing changed.${reason ? ` Why: ${reason}` : ''}`,
  );
}

function noteData({ of, base }: BaseNote) {
  return { of, base: base && { ...base, date: base.date.toISOString() } };
}

/** Which signed release is the newest, only a person or the job before can tell. */
export function baseWords(note: BaseNote): string {
  if (note.base) return `${noteWords('Base', note)}\n  --base ${note.base.digest}`;
  return `Base of ${note.of}: none. Nothing is live there, by the word of the server.`;
}

function noteWords(title: string, { of, base }: BaseNote): string {
  if (!base) return `${title} of ${of}: nothing`;
  const { release, date, packages } = base;
  const count = packages === 1 ? '1 package' : `${packages} packages`;
  return `${title} of ${of}: ${release}, of ${date.toISOString()}, ${count}, verified`;
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
