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

/** A status, a code of the OCI distribution spec ("Error Codes"), and a sentence. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Only a live key is told the reason: these read alike. */
const BAD_KEY: Refusal = {
  status: 401,
  code: 'UNAUTHORIZED',
  message: 'A valid key is required: send it as the password of HTTP Basic.',
};

type FixedReason = Exclude<Extract<Decision, { reason: string }>['reason'], 'out-of-scope'>;

const REFUSALS: Record<FixedReason, Refusal> = {
  'no-key': BAD_KEY,
  'malformed-key': BAD_KEY,
  'unknown-key': BAD_KEY,
  'revoked-key': BAD_KEY,
  'expired-key': BAD_KEY,
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
};

/** Made once: a flood of bad keys is answered at the price of sending. */
const FIXED_ANSWERS = { text: answersIn('text'), oci: answersIn('oci') };

export function answerTo(decision: Decision, target: RequestTarget | undefined): AccessAnswer {
  if (decision.outcome === 'allow') {
    return {
      status: 200,
      headers: { [SCOPE_HEADER]: decision.scope, 'Content-Length': '0' },
      body: '',
    };
  }
  const form = target?.format === 'oci' ? 'oci' : 'text';
  if (decision.reason !== 'out-of-scope') return FIXED_ANSWERS[form][decision.reason];
  const message = `This key does not include ${whatWasAsked(target)}.`;
  return refuse({ status: 401, code: 'DENIED', message }, form);
}

export function sendAnswer(
  response: ServerResponse,
  { status, headers, body }: AccessAnswer,
): void {
  response.writeHead(status, headers);
  response.end(body);
}

function answersIn(form: 'text' | 'oci'): Record<FixedReason, AccessAnswer> {
  const answers = Object.entries(REFUSALS).map(([reason, refusal]) => [
    reason,
    refuse(refusal, form),
  ]);
  return Object.fromEntries(answers) as Record<FixedReason, AccessAnswer>;
}

function whatWasAsked(target: RequestTarget | undefined): string {
  if (target?.kind === 'package') return `the component "${target.component}"`;
  if (target?.kind === 'repository') return `the image "oci/${target.repository}"`;
  return 'this';
}

/** A refusal in the protocol's own form: an OCI error body ("Error Codes"), or a line of text. */
export function refuse({ status, code, message }: Refusal, form: 'text' | 'oci'): AccessAnswer {
  const oci = form === 'oci';
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
