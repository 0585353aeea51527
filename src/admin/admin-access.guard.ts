import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../common/domain-error.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { judgeAdminRequest, type AdminRefusal } from './admin-access.js';

const REFUSALS: Record<AdminRefusal, string> = {
  FOREIGN_PEER:
    'The admin API takes requests from ADMIN_ALLOWED_CIDRS alone. Reach it through an SSH tunnel: ssh -L 8088:127.0.0.1:8088.',
  FOREIGN_HOST:
    'The admin API answers to the names in ADMIN_ALLOWED_HOSTS alone, such as http://127.0.0.1:8088.',
  FOREIGN_ORIGIN:
    'A page of another site may neither change nor load anything here. Use the documentation at /docs, or a client outside the browser.',
};

/** Binds the admin controllers, and the documentation, to the operator. */
@Injectable()
export class AdminAccessGuard implements CanActivate {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  canActivate(context: ExecutionContext): boolean {
    this.admit(context.switchToHttp().getRequest<FastifyRequest>());
    return true;
  }

  /** @throws DomainError FOREIGN_PEER, FOREIGN_HOST, FOREIGN_ORIGIN */
  admit(request: FastifyRequest): void {
    this.admitOrigin(request);
  }

  /** @throws DomainError FOREIGN_PEER, FOREIGN_HOST, FOREIGN_ORIGIN */
  admitOrigin({ method, raw, headers }: FastifyRequest): void {
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
}
