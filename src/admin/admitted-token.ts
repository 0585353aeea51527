import type { AdminToken } from '../common/admin-token.js';

const admitted = new WeakMap<object, AdminToken>();

/** Notes with which token the guard let a request pass. */
export function rememberToken(request: object, token: AdminToken): void {
  admitted.set(request, token);
}

/** The token that this request proved to hold; undefined where none is needed. */
export function admittedToken(request: object): AdminToken | undefined {
  return admitted.get(request);
}
