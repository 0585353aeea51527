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
  const createdAt = new Date(time);
  if (Number.isNaN(createdAt.getTime()) || !isUUID(id)) return undefined;
  return { createdAt, id };
}
