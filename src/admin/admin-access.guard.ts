import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AdminToken } from '../common/admin-token.js';
import { DomainError } from '../common/domain-error.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { changesNothing, judgeAdminRequest, type AdminRefusal } from './admin-access.js';
import { AdminTokens } from './admin-tokens.js';
import { admittedToken, rememberToken } from './admitted-token.js';
import { presentedToken } from './presented-token.js';
import { READS_ONLY } from './reads-only.decorator.js';

const REFUSALS: Record<AdminRefusal, string> = {
  FOREIGN_PEER:
    'The admin API takes requests from ADMIN_ALLOWED_CIDRS alone. Reach it through an SSH tunnel: ssh -L 8088:127.0.0.1:8088.',
  FOREIGN_HOST:
    'The admin API answers to the names in ADMIN_ALLOWED_HOSTS alone, such as http://127.0.0.1:8088.',
  FOREIGN_ORIGIN:
    'A page of another site may neither change nor load anything here. Use the documentation at /docs, or a client outside the browser.',
};

/** How a token may be presented (RFC 9110, section 11.6.1): by a program, or by a browser that asks a person. */
const CHALLENGES = [
  'Bearer realm="Packyard admin"',
  'Basic realm="Packyard admin", charset="UTF-8"',
];

/** Binds the admin controllers, and the documentation, to the operator. */
@Injectable()
export class AdminAccessGuard implements CanActivate {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly tokens: AdminTokens,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const readsOnly = this.reflector.get<boolean>(READS_ONLY, context.getHandler()) ?? false;
    if (!readsOnly && !changesNothing(request.method)) requireToChange(admittedToken(request));
    return true;
  }

  /**
   * Of any request on the admin listener, before its body is read and be there a route or not.
   * @throws DomainError FOREIGN_PEER, FOREIGN_HOST, FOREIGN_ORIGIN, TOKEN_REQUIRED
   */
  admit(request: FastifyRequest, reply: FastifyReply): void {
    this.admitOrigin(request);
    // Behind the check of the origin: a browser sends a password that it knows with any site's request.
    if (this.tokens.required) this.admitToken(request, reply);
  }

  private admitOrigin({ method, raw, headers }: FastifyRequest): void {
    const refusal = judgeAdminRequest(
      {
        method,
        peer: raw.socket.remoteAddress,
        host: headers.host,
        origin: headers.origin,
        secFetchSite: headers['sec-fetch-site'],
        secFetchMode: headers['sec-fetch-mode'],
      },
      {
        allowedPeers: this.settings.adminAllowedPeers,
        allowedHosts: this.settings.adminAllowedHosts,
      },
    );
    if (refusal) throw new DomainError(refusal, REFUSALS[refusal]);
  }

  private admitToken(request: FastifyRequest, reply: FastifyReply): void {
    const presented = presentedToken(request.headers.authorization);
    const token = presented === undefined ? undefined : this.tokens.find(presented);
    if (!token) {
      void reply.header('WWW-Authenticate', CHALLENGES);
      throw new DomainError('TOKEN_REQUIRED', whyNone(presented));
    }
    rememberToken(request, token);
  }
}

/** @throws DomainError READONLY_TOKEN */
function requireToChange(token: AdminToken | undefined): void {
  if (token?.role !== 'readonly') return;
  throw new DomainError(
    'READONLY_TOKEN',
    `The token "${token.name}" may read and change nothing. Use one with the role admin.`,
  );
}

function whyNone(presented: string | undefined): string {
  return presented === undefined
    ? 'The admin API needs a token here: send it as Authorization: Bearer TOKEN, set PACKYARD_ADMIN_TOKEN for bin/packyard, or give it as the password in a browser.'
    : 'This token is not one of those in ADMIN_TOKENS_FILE. Make one with bin/packyard tokens create, add its entry to the file, and send the process SIGHUP.';
}
