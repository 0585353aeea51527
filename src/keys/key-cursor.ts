import { isUUID } from 'class-validator';
import type { Key } from './key.js';
import type { KeyPosition } from './key.store.js';

/** A position in the list of keys as a cursor: opaque to clients, so that it may change. */
export function encodeCursor({ createdAt, id }: Pick<Key, 'createdAt' | 'id'>): string {
  return Buffer.from(`${createdAt.toISOString()} ${id}`).toString('base64url');
}

/** Undefined for anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): KeyPosition | undefined {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  // PostgreSQL holds fewer years than a `Date`: four digits are within both.
  const createdAt = new Date(/^\d{4}-/.test(time) ? time : NaN);
  if (Number.isNaN(createdAt.getTime()) || !isUUID(id)) return undefined;
  const position = { createdAt, id };
  return encodeCursor(position) === cursor ? position : undefined;
}
