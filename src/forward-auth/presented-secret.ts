import { isWellFormedSecret } from '../keys/key-format.js';

/** What an `Authorization` header presents: nothing, nothing that could be a secret, or a secret to look up. */
export type PresentedSecret =
  | { readonly kind: 'absent' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'well-formed'; readonly secret: string };

const ABSENT: PresentedSecret = { kind: 'absent' };
const MALFORMED: PresentedSecret = { kind: 'malformed' };

/** `Basic` in any case (RFC 7235, section 2.1), then base64 of `user:password` (RFC 7617). */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i;

/** The password of HTTP Basic is the secret; the user name is not judged. */
export function parsePresentedSecret(authorization: string | undefined): PresentedSecret {
  if (authorization === undefined || authorization === '') return ABSENT;
  const encoded = BASIC.exec(authorization)?.[1];
  const userAndPassword = encoded && decodeBase64(encoded);
  const colon = userAndPassword?.indexOf(':') ?? -1;
  if (!userAndPassword || colon === -1) return MALFORMED;
  const secret = userAndPassword.slice(colon + 1);
  return isWellFormedSecret(secret) ? { kind: 'well-formed', secret } : MALFORMED;
}

/** A user name beyond ASCII comes out garbled, and is not looked at; a secret has ASCII alone. */
function decodeBase64(encoded: string): string | undefined {
  try {
    return atob(encoded); // three times as fast as a Buffer
  } catch {
    return undefined;
  }
}
