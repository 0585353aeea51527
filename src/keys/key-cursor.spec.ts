import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from './key-cursor.js';

const id = '0190f5a2-7c1e-4d33-8a4b-0123456789ab';
const createdAt = new Date('2026-11-23T15:45:24.120Z');
const written = (text: string) => Buffer.from(text).toString('base64url');

describe('a cursor', () => {
  it('leads back to the position that it was made of', () => {
    const time = fc.date({
      min: new Date('2000-01-01T00:00:00Z'),
      max: new Date('2999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(time, fc.uuid({ version: [4, 7] }), (createdAt, id) => {
        expect(decodeCursor(encodeCursor({ createdAt, id }))).toEqual({ createdAt, id });
      }),
    );
  });

  it('needs no escaping in a URL', () => {
    for (let i = 0; i < 100; i++) {
      const cursor = encodeCursor({ createdAt: new Date(i * 1e10), id: randomUUID() });
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    }
  });

  it.each([
    ['nothing', ''],
    ['a word', 'abc'],
    ['no base64', '%%%'],
    ['a time alone', written(createdAt.toISOString())],
    ['an id alone', written(id)],
    ['no time', written(`yesterday ${id}`)],
    ['a time in another form', written(`2026-11-23 ${id}`)],
    ['a year that PostgreSQL cannot hold', written(`-271821-04-20T00:00:00.000Z ${id}`)],
    ['no UUID', written(`${createdAt.toISOString()} 7`)],
    ['something behind the id', written(`${createdAt.toISOString()} ${id} x`)],
    ['padding', `${encodeCursor({ createdAt, id })}=`],
    ['an SQL fragment', written(`${createdAt.toISOString()} ' OR true --`)],
  ])('is not %s', (_, cursor) => {
    expect(decodeCursor(cursor)).toBeUndefined();
  });
});
