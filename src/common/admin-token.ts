import { hash } from 'node:crypto';
import { SecretFormat } from './secret-format.js';
import type { TextGrammar } from './yaml/text-grammar.js';

/** What an operator's token allows: `readonly` changes nothing. */
export const ADMIN_ROLES = ['admin', 'readonly'] as const;
export type AdminRole = (typeof ADMIN_ROLES)[number];

/** A token of the admin API as its file has it: without the secret. */
export interface AdminToken {
  /** Whose it is; the audit records it as the actor. */
  readonly name: string;
  readonly role: AdminRole;
  /** SHA-256 of the token, 32 bytes. With 190 random bits it needs no salt and no stretching. */
  readonly digest: Buffer;
}

/** `pka_`: another prefix than a subscriber's key, so that a leak says at once how bad it is. */
export const ADMIN_TOKEN_FORMAT = new SecretFormat('pka_');

/** `packyard` is the actor of what Packyard does by itself (audit/audit-event.ts). */
export const ADMIN_TOKEN_NAME: TextGrammar = {
  pattern: /^(?!packyard$)[a-z0-9][a-z0-9.@-]{0,62}$/i,
  meaning:
    'a name: letters, digits, dots, hyphens and @, at most 63, the first a letter or a digit, such as alice; and not packyard, under which the audit has what Packyard does by itself',
  unrepeated: true,
};

export function digestOfAdminToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
