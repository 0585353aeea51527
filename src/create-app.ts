import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { AdminAccessGuard } from './admin/admin-access.guard.js';
import { serveApiDocument } from './admin/api-document.js';
import { createValidationPipe } from './admin/validation.js';
import { AppModule } from './app.module.js';
import { listenerConstraint } from './common/listener.js';
import { NestLog } from './common/logger.js';
import type { Settings } from './config/settings.js';

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
    routerOptions: { constraints: { listener: listenerConstraint } },
  });
  const fastify = adapter.getInstance();
  fastify.removeContentTypeParser('text/plain');

  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(settings, logger, dataSource),
    adapter,
    { logger: new NestLog(logger), bodyParser: false, abortOnError: false },
  );
  app.useGlobalPipes(createValidationPipe());

  // Routes that name no listener (Swagger UI's) are the admin listener's, behind its guard.
  const guard = app.get(AdminAccessGuard);
  fastify.addHook('onRoute', (route) => {
    if (route.constraints && 'listener' in route.constraints) return;
    route.constraints = { ...route.constraints, listener: 'admin' };
    route.onRequest = (request: FastifyRequest, _reply: unknown, done: () => void) => {
      guard.admit(request);
      done();
    };
  });
  serveApiDocument(app);
  await app.init();
  await fastify.ready();
  return app;
}
