import createClient, { type Client } from 'openapi-fetch';
import type { paths } from './admin-api.js';
import { CliError, usageError } from './cli-error.js';

export type AdminApiClient = Client<paths, 'application/json'>;

/** What openapi-fetch makes of an answer: data where it was granted, else the error's body. */
interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

export interface AdminApiOptions {
  readonly adminUrl: string;
  readonly adminToken: string | undefined;
  readonly actor: string;
}

/** A client of the admin API by its description. @throws CliError for a URL that is none */
export function createAdminApiClient({
  adminUrl,
  adminToken,
  actor,
}: AdminApiOptions): AdminApiClient {
  const baseUrl = baseUrlOf(adminUrl);
  return createClient<paths, 'application/json'>({
    baseUrl,
    headers: {
      ...(adminToken !== undefined && { Authorization: `Bearer ${adminToken}` }),
      // A header holds bytes, which `fetch` wants one a character.
      'X-Packyard-Actor': Buffer.from(actor).toString('latin1'),
    },
    fetch: (request) =>
      fetch(request).catch((error: Error) => Promise.reject(unreachable(baseUrl, error))),
  });
}

/** The data of an answer. @throws CliError where the server refused, in its own words */
export async function granted<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  return (await grantedWithHeaders(call)).data;
}

/** The same, for who needs what the headers say too. */
export async function grantedWithHeaders<Data>(
  call: Promise<Answer<Data>>,
): Promise<{ data: Data; headers: Headers }> {
  const { data, error, response } = await call.catch((failure: unknown) => {
    throw failure instanceof SyntaxError ? notPackyard('with no JSON') : failure;
  });
  if (response.ok) return { data: data as Data, headers: response.headers };
  const { code, message, details } = (error ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string') {
    throw notPackyard(`${response.status} ${response.statusText}`.trim());
  }
  throw new CliError(1, code, message, details);
}

/** Was the connection lost with the request under way, so that nobody knows whether it was carried out? */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof CliError && error.code === 'CONNECTION_LOST';
}

function baseUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw usageError(`The admin URL must be one such as http://127.0.0.1:8088, not "${text}".`);
  }
  if (url.username || url.password) {
    throw usageError('The admin URL must hold no password. Set PACKYARD_ADMIN_TOKEN to a token.');
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** Errors of connecting: what comes later may have left the server in either state. */
const NEVER_CONNECTED =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/;

function unreachable(baseUrl: string, error: Error): CliError {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  const reason = cause?.code ?? cause?.message ?? error.message;
  if (cause?.code !== undefined && !NEVER_CONNECTED.test(cause.code)) {
    return new CliError(
      3,
      'CONNECTION_LOST',
      `${baseUrl} did not answer (${reason}). Look whether the change was made before you repeat it.`,
      undefined,
      { cause: error },
    );
  }
  return new CliError(
    3,
    'UNREACHABLE',
    `Nothing answers at ${baseUrl} (${reason}). From another machine, open the tunnel first:\n` +
      '  ssh -N -L 8088:127.0.0.1:8088 deploy@HOST\n' +
      'Where it listens elsewhere, say so with --admin-url or PACKYARD_ADMIN_URL.',
    undefined,
    { cause: error },
  );
}

function notPackyard(answer: string): CliError {
  return new CliError(
    3,
    'NOT_PACKYARD',
    `What answers there (${answer}) is not Packyard's admin API. Check --admin-url and PACKYARD_ADMIN_URL.`,
  );
}
