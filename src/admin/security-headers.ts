import type { ServerResponse } from 'node:http';

/**
 * What a browser is told of everything on the admin listener, so that a page of another site can
 * neither show it in a frame nor load it as a script, style or picture (OWASP Secure Headers Project).
 * A route that needs another value sets the same header itself.
 */
const SECURITY_HEADERS = {
  'Cache-Control': 'no-store',
  // Swagger UI's scripts are files; it writes styles into the page, and draws its icons as data: URLs.
  'Content-Security-Policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** To be called before the request is routed: an answer of the router itself has them too. */
export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
}
