import type { Catalogue, Component } from '../components/catalogue.js';
import type { KnownKey } from '../keys/key-directory.js';
import type { PresentedSecret } from './presented-secret.js';
import type { RequestTarget } from './request-target.js';

/** One request, as far as it is judged. */
export interface AccessRequest {
  readonly method: string;
  readonly target: RequestTarget;
  /** What came as a key; a `well-formed` one was looked up. */
  readonly presented: PresentedSecret['kind'];
}

/** What is known about keys and components, and whether that is still to be trusted. */
export interface Knowledge {
  readonly catalogue: Catalogue;
  /** `stale`: not confirmed within the bound; `unloaded`: nothing was ever known. */
  readonly freshness: 'current' | 'stale' | 'unloaded';
}

export type DenyReason =
  | 'no-key'
  | 'malformed-key'
  | 'unknown-key'
  | 'revoked-key'
  | 'expired-key'
  | 'method-not-allowed'
  | 'non-canonical-path'
  | 'unlisted-path'
  | 'out-of-scope';

export type UndecidedReason = 'view-not-loaded' | 'view-stale' | 'proxy-misconfigured';

/** A denial is a value: the caller answers it, nothing is thrown. */
export type Decision =
  | {
      readonly outcome: 'allow';
      readonly access: 'key';
      readonly scope: string;
      readonly component?: Component;
      readonly key: KnownKey;
    }
  | {
      readonly outcome: 'allow';
      readonly access: 'public';
      readonly scope: string;
      readonly component: Component;
    }
  | { readonly outcome: 'deny'; readonly reason: DenyReason; readonly key?: KnownKey }
  | { readonly outcome: 'undecided'; readonly reason: UndecidedReason };

/**
 * The whole rule: may this request pass? A pure function, in the order that the contract gives
 * (section 3): public → key → method → path → scope. What cannot be decided is never allowed.
 *
 * @param key the key whose secret was presented, live or not; undefined when nobody has it
 * @param now milliseconds since the epoch
 */
export function decideAccess(
  { method, target, presented }: AccessRequest,
  key: KnownKey | undefined,
  { catalogue, freshness }: Knowledge,
  now: number,
): Decision {
  if (freshness === 'unloaded') return undecided('view-not-loaded');
  const stale = freshness === 'stale';
  const isRead = method === 'GET' || method === 'HEAD';
  const component = componentOf(target, catalogue);

  if (isRead && component?.visibility === 'public') {
    // It may have become private since.
    if (stale) return undecided('view-stale');
    return { outcome: 'allow', access: 'public', scope: scopeOf(target), component };
  }

  if (presented === 'absent') return deny('no-key');
  if (presented === 'malformed') return deny('malformed-key');
  if (key?.revoked) return deny('revoked-key'); // for good, however old the view
  if (stale) return undecided('view-stale');
  if (!key) return deny('unknown-key');
  if (key.expiresAt <= now) return deny('expired-key');

  if (!isRead) return deny('method-not-allowed', key);
  if (target.kind === 'non-canonical') return deny('non-canonical-path', key);
  if (target.kind === 'unlisted') return deny('unlisted-path', key);

  const inScope = target.kind === 'registry' || (component && key.components.has(component.name));
  if (!inScope) return deny('out-of-scope', key);
  return { outcome: 'allow', access: 'key', scope: scopeOf(target), component, key };
}

function componentOf(target: RequestTarget, catalogue: Catalogue): Component | undefined {
  if (target.kind === 'package') return catalogue.component(target.component);
  if (target.kind === 'repository') return catalogue.componentOfRepository(target.repository);
  return undefined;
}

function scopeOf(target: RequestTarget): string {
  return 'scope' in target ? target.scope : '';
}

function deny(reason: DenyReason, key?: KnownKey): Decision {
  return { outcome: 'deny', reason, key };
}

function undecided(reason: UndecidedReason): Decision {
  return { outcome: 'undecided', reason };
}
