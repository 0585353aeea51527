import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { AdminAccessGuard } from './admin/admin-access.guard.js';
import { applyBodyLimit } from './admin/body-limit.decorator.js';
import { serveApiDocument } from './admin/serve-api-document.js';
import { createValidationPipe } from './admin/validation.js';
import { AppModule } from './app.module.js';
import type { ErrorCode } from './common/domain-error.js';
import { isOnListener, listenerConstraint } from './common/listener.js';
import { NestLog } from './common/logger.js';
import type { Settings } from './config/settings.js';
import { serveStatusPage } from './status/serve-status-page.js';

/** Bytes. */
const BODY_LIMIT = 1024 * 1024;

/** One Nest application over all listeners; it opens none itself. */
export async function createApp(
  settings: Settings,
  logger: Logger,
  dataSource: DataSource,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    genReqId: () => randomUUID(),
    logger: false,
    frameworkErrors: refuseUrl,
    routerOptions: { constraints: { listener: listenerConstraint } },
  });
  const fastify = adapter.getInstance();
  fastify.removeContentTypeParser('text/plain');
  fastify.addHook('onRoute', applyBodyLimit);

  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(settings, logger, dataSource),
    adapter,
    { logger: new NestLog(logger), bodyParser: false, abortOnError: false },
  );
  app.useGlobalPipes(createValidationPipe());

  // Whatever is asked on the admin listener, before a body is read and be there a route or not.
  const guard = app.get(AdminAccessGuard);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isOnListener(request.raw, 'admin')) guard.admit(request, reply);
    done();
  });
  // Routes that name no listener (Swagger UI's, the status page's) are the admin listener's.
  fastify.addHook('onRoute', (route) => {
    if (route.constraints && 'listener' in route.constraints) return;
    route.constraints = { ...route.constraints, listener: 'admin' };
  });
  serveApiDocument(app);
  serveStatusPage(app);
  await app.init();
  await fastify.ready();
  return app;
}

/** The router's answer to a URL that it cannot decode; no filter sees it. */
function refuseUrl(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  void reply.status(400).send({
    code: 'INVALID_REQUEST' satisfies ErrorCode,
    message: 'The path cannot be decoded: a % begins an escape such as %20.',
    request_id: request.id,
  });
}
