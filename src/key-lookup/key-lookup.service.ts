import { Injectable } from '@nestjs/common';
import { ChangeFeed } from '../changes/change-feed.js';
import { Clock } from '../common/clock.js';
import { CatalogueView } from '../components/catalogue-view.js';
import { decideAccess, type Decision } from '../forward-auth/decide-access.js';
import { parseRequestTarget } from '../forward-auth/request-target.js';
import type { Key } from '../keys/key.js';
import { KeyDirectory } from '../keys/key-directory.js';
import { hintOf, isWellFormedSecret } from '../keys/key-format.js';
import { KeysService } from '../keys/keys.service.js';

/** Any live key may ask this: it judges the key alone. */
const PING = '/v2/';

export type LookupDenial = Exclude<
  Extract<Decision, { reason: string }>['reason'],
  'no-key' | 'proxy-misconfigured' | 'method-not-allowed'
>;

/** For the operator, who may know more than a client is told. */
export const DENIAL_MESSAGES: Record<LookupDenial, string> = {
  'malformed-key':
    'This is no key: its checksum is wrong, or a part is missing. Compare it with what was handed out, character by character.',
  'unknown-key': 'No key has this secret. It may be one of another installation.',
  'revoked-key':
    'The key was revoked, or a rotation ended this secret. The audit says when, and who did it.',
  'expired-key':
    'The key has expired, or the overlap of its rotation has ended. Give it another expires_at, or hand out the newer secret.',
  'non-canonical-path':
    'The path is not in its plain form. The client must ask without "..", "//" and needless percent-encoding.',
  'unlisted-path': 'Nothing is served at this path. Compare the URL with the key’s set-up text.',
  'out-of-scope':
    'The key does not open what the path names, or the catalogue has no such component.',
  'view-not-loaded': 'The keys are not loaded yet. Try again in a moment.',
  'view-stale': 'The database could not be reached for too long. Look at the health of the parts.',
};

export interface KeyLookup {
  readonly hint: string;
  readonly key?: Key;
  readonly deniedFor?: LookupDenial;
}

/** What support asks: which key is this, and why is it refused? */
@Injectable()
export class KeyLookupService {
  constructor(
    private readonly keys: KeysService,
    private readonly directory: KeyDirectory,
    private readonly components: CatalogueView,
    private readonly feed: ChangeFeed,
    private readonly clock: Clock,
  ) {}

  /**
   * Judges a secret by the rule that judges subscribers' requests, and counts nothing.
   * @param path a path or a URL that is read; the key alone is judged without it
   */
  async lookUp(secret: string, path: string | undefined): Promise<KeyLookup> {
    await this.feed.catchUp();
    const isWellFormed = isWellFormedSecret(secret);
    const decision = decideAccess(
      {
        method: 'GET',
        target: parseRequestTarget(pathOf(path ?? PING)),
        presented: isWellFormed ? 'well-formed' : 'malformed',
      },
      isWellFormed ? this.directory.find(secret) : undefined,
      { catalogue: this.components.catalogue, freshness: this.feed.freshness() },
      this.clock.milliseconds(),
    );
    return {
      hint: isWellFormed ? hintOf(secret) : '…',
      key: isWellFormed ? await this.keys.findBySecret(secret) : undefined,
      deniedFor: decision.outcome === 'allow' ? undefined : (decision.reason as LookupDenial),
    };
  }
}

/** A URL is judged by its path, just as a client would send it: it is cut, and not normalised. */
function pathOf(pathOrUrl: string): string {
  const path = pathOrUrl.trim().replace(/^[a-z]+:\/\/[^/]*/i, '');
  return path === '' ? '/' : path;
}
