import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../common/logger.js';
import { answerTo, refuse, sendAnswer, type Refusal } from '../forward-auth/access-answer.js';
import { ForwardAuthService, type Judgement } from '../forward-auth/forward-auth.service.js';
import type { Audience } from './cache-control.js';
import { PublicKeys } from './public-keys.js';
import { PublishedTree } from './published-tree.js';
import { RegistryProxy } from './registry-proxy.js';

type Allowed = Extract<Judgement['decision'], { outcome: 'allow' }>;

/**
 * What Traefik, nginx and the registry do in production, for one person at one process: each request
 * is judged as `GET /auth` judges it, and what was judged is what is served.
 */
@Injectable()
export class GatewayHandler implements OnApplicationShutdown {
  constructor(
    private readonly forwardAuth: ForwardAuthService,
    private readonly publicKeys: PublicKeys,
    private readonly tree: PublishedTree,
    @Inject(RegistryProxy) private readonly registry: RegistryProxy | undefined,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.answer(request, response).catch((error: unknown) =>
      this.fail(request, response, error, false),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.registry?.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: uri = '', headers } = request;
    if (this.publicKeys.has(uri)) return this.publicKeys.serve(request, response);

    const judgement = this.forwardAuth.judge({ method, uri, authorization: headers.authorization });
    const { decision, target } = judgement;
    if (decision.outcome !== 'allow') return sendAnswer(response, answerTo(decision, target));
    try {
      await this.serve(request, response, judgement, decision);
    } catch (error) {
      this.fail(request, response, error, target.format === 'oci');
    }
  }

  private async serve(
    request: IncomingMessage,
    response: ServerResponse,
    { target }: Judgement,
    decision: Allowed,
  ): Promise<void> {
    const audience: Audience = decision.access === 'public' ? 'public' : 'private';
    switch (target.kind) {
      case 'package':
        return this.tree.serve(request, response, target.segments, audience);
      case 'registry':
        return sendAnswer(response, API_VERSION);
      case 'repository': {
        if (!this.registry) return sendAnswer(response, refuse(NO_REGISTRY, 'oci'));
        // Nothing in here needs encoding: each segment is of the OCI grammar.
        const path = `/v2/oci/${target.segments.slice(2).join('/')}${queryOf(request.url)}`;
        return this.registry.forward(request, response, path, audience);
      }
      default:
        throw new Error(`allowed, but not a path that is served: ${target.kind}`);
    }
  }

  /** A fault behind the gateway. What was already being sent is cut off, so that no client takes it for whole. */
  private fail(
    request: IncomingMessage,
    response: ServerResponse,
    error: unknown,
    oci: boolean,
  ): void {
    const clientLeft = request.destroyed || response.destroyed;
    if (!clientLeft)
      this.logger.error({ err: error, method: request.method }, 'the gateway cannot serve');
    if (response.headersSent || clientLeft) return void response.destroy();
    sendAnswer(response, refuse(UNAVAILABLE, oci ? 'oci' : 'text'));
  }
}

/** OCI distribution spec, end-1: the API is there. */
const API_VERSION = {
  status: 200,
  headers: {
    'Content-Type': 'application/json',
    'Content-Length': '2',
    'Docker-Distribution-API-Version': 'registry/2.0',
    'Cache-Control': 'private, no-cache',
  },
  body: '{}',
};

const NO_REGISTRY: Refusal = {
  status: 404,
  code: 'NAME_UNKNOWN',
  message: 'No registry is configured here (REGISTRY_URL).',
};

const UNAVAILABLE: Refusal = {
  status: 503,
  code: 'UNAVAILABLE',
  message: 'This cannot be served at the moment. Try again shortly.',
};

function queryOf(uri = ''): string {
  const query = uri.indexOf('?');
  return query === -1 ? '' : uri.slice(query);
}
