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
  const { method, peer, host, origin, secFetchSite } = request;
  if (!peer || !rules.allowedPeers.check(peer, isIPv6(peer) ? 'ipv6' : 'ipv4'))
    return 'FOREIGN_PEER';
  if (!host || !rules.allowedHosts.includes(nameOf(host))) return 'FOREIGN_HOST';

  if (method === 'GET' || method === 'HEAD') return undefined; // these change nothing
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return 'FOREIGN_ORIGIN';
  if (secFetchSite !== undefined && !['same-origin', 'none'].includes(secFetchSite))
    return 'FOREIGN_ORIGIN';
  return undefined;
}

/** `Host` without its port; an IPv6 address keeps its brackets (RFC 3986, section 3.2.2). */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '');
}
