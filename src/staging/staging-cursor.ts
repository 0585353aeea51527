/** A path of staging as a cursor: opaque to clients, so that it may change. */
export function encodeStagingCursor(path: string): string {
  return Buffer.from(path).toString('base64url');
}

/** Undefined for anything that `encodeStagingCursor` did not make. */
export function decodeStagingCursor(cursor: string): string | undefined {
  const path = Buffer.from(cursor, 'base64url').toString('utf8');
  return path !== '' && encodeStagingCursor(path) === cursor ? path : undefined;
}
