import type { BlockList } from 'node:net';
import { isIPv6 } from 'node:net';

/** A request to the admin listener, as far as the guard looks at it. */
export interface AdminRequest {
  readonly method: string;
  /** The address of the connection's other end; `X-Forwarded-For` is never believed here. */
  readonly peer: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Fetch Metadata (W3C): where a browser says the request comes from. */
  readonly secFetchSite: string | undefined;
  /** Whether the browser follows a link (`navigate`), or a page of its loads something. */
  readonly secFetchMode: string | undefined;
}

export interface AdminAccessRules {
  readonly allowedPeers: BlockList;
  /** Host names in lower case, without a port. */
  readonly allowedHosts: readonly string[];
}

export type AdminRefusal = 'FOREIGN_PEER' | 'FOREIGN_HOST' | 'FOREIGN_ORIGIN';

/**
 * May this request reach the admin API? Loopback alone does not keep a page in the operator's own
 * browser out: by DNS rebinding it would reach us under a foreign `Host`, by a cross-site form or
 * fetch with a foreign `Origin` or `Sec-Fetch-Site`.
 *
 * @returns why not, or undefined when it may
 */
export function judgeAdminRequest(
  request: AdminRequest,
  rules: AdminAccessRules,
): AdminRefusal | undefined {
  const { method, peer, host, origin, secFetchSite, secFetchMode } = request;
  if (!peer || !rules.allowedPeers.check(peer, isIPv6(peer) ? 'ipv6' : 'ipv4'))
    return 'FOREIGN_PEER';
  if (!host || !rules.allowedHosts.includes(nameOf(host))) return 'FOREIGN_HOST';

  const foreignSite = secFetchSite !== undefined && !['same-origin', 'none'].includes(secFetchSite);
  if (changesNothing(method)) {
    // A link from elsewhere may lead here. What else a page asks for it could
    // not read, but time: how long a search takes says what it finds (XS-Leaks).
    const followsLink = secFetchMode === undefined || secFetchMode === 'navigate';
    return foreignSite && !followsLink ? 'FOREIGN_ORIGIN' : undefined;
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return 'FOREIGN_ORIGIN';
  return foreignSite ? 'FOREIGN_ORIGIN' : undefined;
}

/** Safe methods (RFC 9110, section 9.2.1), of those that the admin API has. */
export function changesNothing(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** `Host` without its port; an IPv6 address keeps its brackets (RFC 3986, section 3.2.2). */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '');
}
