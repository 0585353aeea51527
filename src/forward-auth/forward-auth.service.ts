import { Injectable } from '@nestjs/common';
import { ChangeFeed } from '../changes/change-feed.js';
import { Clock } from '../common/clock.js';
import { CatalogueView } from '../components/catalogue-view.js';
import { KeyDirectory } from '../keys/key-directory.js';
import { AccessRecorder } from './access-recorder.js';
import { decideAccess, type Decision } from './decide-access.js';
import { parsePresentedSecret } from './presented-secret.js';
import { parseRequestTarget, type RequestTarget } from './request-target.js';

/** What a subscriber's client sent, as Traefik forwards it or as the gateway received it. */
export interface SubscriberRequest {
  readonly method: string;
  /** The request target as it came, undecoded, with its query. */
  readonly uri: string;
  readonly authorization: string | undefined;
}

export interface Judgement {
  readonly target: RequestTarget;
  readonly decision: Decision;
}

/** The check of one request: what is asked for → by whom → may it → count it. */
@Injectable()
export class ForwardAuthService {
  constructor(
    private readonly keys: KeyDirectory,
    private readonly components: CatalogueView,
    private readonly feed: ChangeFeed,
    private readonly clock: Clock,
    private readonly recorder: AccessRecorder,
  ) {}

  judge({ method, uri, authorization }: SubscriberRequest): Judgement {
    const startedAt = performance.now();
    const now = this.clock.milliseconds();

    const target = parseRequestTarget(uri);
    const presented = parsePresentedSecret(authorization);
    const key = presented.kind === 'well-formed' ? this.keys.find(presented.secret) : undefined;
    const knowledge = { catalogue: this.components.catalogue, freshness: this.feed.freshness() };
    const decision = decideAccess(
      { method, target, presented: presented.kind },
      key,
      knowledge,
      now,
    );

    this.recorder.record(decision, target.format, now, performance.now() - startedAt);
    return { target, decision };
  }
}
