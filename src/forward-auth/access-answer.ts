import type { ServerResponse } from 'node:http';
import type { Decision } from './decide-access.js';
import type { RequestTarget } from './request-target.js';

/** What HTTP says of a decision. */
export interface AccessAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The scope that was allowed. nginx serves only what lies inside it, so that a path which it reads
 * differently than we do brings nothing.
 */
export const SCOPE_HEADER = 'X-Packyard-Scope';

/** RFC 7617. Without it docker, podman, skopeo, containerd, zypper and wget never send the key. */
const CHALLENGE = 'Basic realm="Packyard", charset="UTF-8"';

/**
 * One refusal: a status, a code of the OCI distribution spec ("Error Codes"), and a sentence.
 * Only a live key is told the reason: unknown, revoked and expired read alike.
 */
const REFUSALS = {
  'no-key': {
    status: 401,
    code: 'UNAUTHORIZED',
    message: 'A valid key is required: send it as the password of HTTP Basic.',
  },
  'method-not-allowed': {
    status: 405,
    code: 'UNSUPPORTED',
    message: 'Packages can only be read here: use GET or HEAD.',
  },
  'non-canonical-path': {
    status: 403,
    code: 'DENIED',
    message:
      'This path is not in its plain form: leave out "..", "//" and needless percent-encoding.',
  },
  'unlisted-path': { status: 403, code: 'DENIED', message: 'This path is not served.' },
  'out-of-scope': { status: 401, code: 'DENIED', message: '' },
  'view-not-loaded': {
    status: 503,
    code: 'UNAVAILABLE',
    message: 'Access cannot be decided yet. Try again in a moment.',
  },
  'view-stale': {
    status: 503,
    code: 'UNAVAILABLE',
    message: 'Access cannot be decided at the moment. Try again shortly.',
  },
  'proxy-misconfigured': {
    status: 503,
    code: 'UNAVAILABLE',
    message:
      'Access cannot be decided: the proxy did not say what is asked for (X-Forwarded-Method, X-Forwarded-Uri).',
  },
} as const;

export type Refusal = { readonly status: number; readonly code: string; readonly message: string };

export function answerTo(decision: Decision, target: RequestTarget | undefined): AccessAnswer {
  if (decision.outcome === 'allow') {
    return {
      status: 200,
      headers: { [SCOPE_HEADER]: decision.scope, 'Content-Length': '0' },
      body: '',
    };
  }
  return refuse(refusalFor(decision, target), target?.format === 'oci');
}

export function sendAnswer(
  response: ServerResponse,
  { status, headers, body }: AccessAnswer,
): void {
  response.writeHead(status, headers);
  response.end(body);
}

function refusalFor(
  decision: Exclude<Decision, { outcome: 'allow' }>,
  target: RequestTarget | undefined,
): Refusal {
  switch (decision.reason) {
    case 'no-key':
    case 'malformed-key':
    case 'unknown-key':
    case 'revoked-key':
    case 'expired-key':
      return REFUSALS['no-key'];
    case 'out-of-scope':
      return {
        ...REFUSALS['out-of-scope'],
        message: `This key does not include ${whatWasAsked(target)}.`,
      };
    default:
      return REFUSALS[decision.reason];
  }
}

function whatWasAsked(target: RequestTarget | undefined): string {
  if (target?.kind === 'package') return `the component "${target.component}"`;
  if (target?.kind === 'repository') return `the image "oci/${target.repository}"`;
  return 'this';
}

/** A refusal in the protocol's own form: an OCI error body ("Error Codes"), or a line of text. */
export function refuse({ status, code, message }: Refusal, oci: boolean): AccessAnswer {
  const body = oci ? JSON.stringify({ errors: [{ code, message, detail: null }] }) : `${message}\n`;
  return {
    status,
    headers: {
      'Content-Type': oci ? 'application/json' : 'text/plain; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      'Cache-Control': 'no-store',
      ...(status === 401 && { 'WWW-Authenticate': CHALLENGE }),
      ...(status === 405 && { Allow: 'GET, HEAD' }),
    },
    body,
  };
}
