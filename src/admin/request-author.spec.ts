import { rememberToken } from './admitted-token.js';
import { authorOf } from './request-author.js';

const actorOf = (header?: string) =>
  authorOf({ headers: { 'x-packyard-actor': header }, id: 'r' }).actor;
/** As Node hands over the bytes of a header. */
const onTheWire = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('who asks', () => {
  it('is who the header names, with the id of the request', () => {
    expect(authorOf({ headers: { 'x-packyard-actor': 'alice@vm' }, id: 'r' })).toEqual({
      actor: 'alice@vm',
      requestId: 'r',
    });
  });

  it('is whose token it proved to hold, whatever the header says', () => {
    const request = { headers: { 'x-packyard-actor': 'mallory' }, id: 'r' };
    rememberToken(request, { name: 'alice', role: 'admin', digest: Buffer.alloc(32) });
    expect(authorOf(request)).toEqual({ actor: 'alice', requestId: 'r' });
  });

  it.each([[undefined], [''], ['  '], ['\t'], ['\u0007']])('is unknown with %j', (header) => {
    expect(actorOf(header)).toBe('unknown');
  });

  it.each(['packyard', 'Packyard', ' PACKYARD '])('may not pass for the system as %j', (name) => {
    expect(actorOf(name)).toBe('unknown');
  });

  it('may be written in any script', () => {
    expect(actorOf(onTheWire('Zoë 株式会社'))).toBe('Zoë 株式会社');
  });

  it('is cut to what the database holds, by whole characters', () => {
    expect(actorOf(onTheWire('🎉'.repeat(300)))).toBe('🎉'.repeat(200));
  });

  it('has no control characters, which terminals would obey', () => {
    expect(actorOf('a\u009b31mb\u0000')).toBe('a\ufffd31mb');
  });
});
