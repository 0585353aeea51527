import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { admittedToken } from './admitted-token.js';
import { type Author, PACKYARD } from '../audit/audit-event.js';

/** Without tokens, whoever passed the guard may say who it is: on loopback, nobody else is there to tell. */
export const ACTOR_HEADER = 'x-packyard-actor';

/** Characters of a name that are kept; PostgreSQL counts them alike. */
const LONGEST_NAME = 200;

/** Who asks, to be recorded with what the request changes. */
export const RequestAuthor = createParamDecorator((_: unknown, context: ExecutionContext): Author =>
  authorOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/** A token proves a name; a header only claims one, and overrides none that is proved. */
export function authorOf(request: Pick<FastifyRequest, 'headers' | 'id'>): Author {
  const { headers, id } = request;
  const token = admittedToken(request);
  if (token) return { actor: token.name, requestId: id };
  const given = headers[ACTOR_HEADER];
  return { actor: nameIn(typeof given === 'string' ? given : ''), requestId: id };
}

/** Header bytes come as ISO 8859-1 (RFC 9110, section 5.5); people write their names in UTF-8. */
function nameIn(header: string): string {
  const name = Buffer.from(header, 'latin1')
    .toString('utf8')
    .replace(/[\p{Cc}\p{Cs}]/gu, '')
    .trim();
  // What Packyard does by itself is recorded under its name: nobody may pass for it.
  if (name.toLowerCase() === PACKYARD.actor) return 'unknown';
  return [...name].slice(0, LONGEST_NAME).join('') || 'unknown';
}
