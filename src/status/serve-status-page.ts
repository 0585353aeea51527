import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { projectFolder } from '../common/project-folder.js';

const FOLDER = join(projectFolder, 'static/admin');

/**
 * The page shows labels, which are free text, to whoever may change everything: should one of them ever
 * become markup, it can run nothing, load nothing and send nothing (CSP level 3, Trusted Types). The
 * other headers are those of everything on this listener.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The page at `/`: one route for each file of `static/admin`, and `/` for `index.html`. */
export function serveStatusPage(app: NestFastifyApplication): void {
  void app
    .getHttpAdapter()
    .getInstance()
    .register(fastifyStatic, {
      root: FOLDER,
      wildcard: false,
      decorateReply: false,
      cacheControl: false,
      etag: false,
      lastModified: false,
      acceptRanges: false,
      setHeaders: (reply) => void reply.header('Content-Security-Policy', POLICY),
    });
}
