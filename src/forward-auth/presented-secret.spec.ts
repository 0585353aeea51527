import { generateSecret } from '../keys/key-format.js';
import { parsePresentedSecret } from './presented-secret.js';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('parsePresentedSecret', () => {
  const secret = generateSecret();
  const imported = 'ab'.repeat(32);

  it.each([undefined, ''])('takes %j for no credentials', (header) => {
    expect(parsePresentedSecret(header)).toEqual({ kind: 'absent' });
  });

  it.each([
    basic(`subscriber:${secret}`),
    basic(`:${secret}`),
    basic(`anyone at all:${secret}`),
    basic(`subscriber:${secret}`).replace('Basic', 'bAsIc'),
    basic(`subscriber:${secret}`).replace('Basic ', 'Basic   '),
  ])('finds the secret in %s, whoever the user is', (header) => {
    expect(parsePresentedSecret(header)).toEqual({ kind: 'well-formed', secret });
  });

  it('takes 64 hex characters: keys of an earlier system', () => {
    expect(parsePresentedSecret(basic(`subscriber:${imported}`))).toEqual({
      kind: 'well-formed',
      secret: imported,
    });
  });

  it.each([
    ['a Bearer token', `Bearer ${secret}`],
    ['no colon', basic(secret)],
    ['a typo in it', basic(`subscriber:${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`)],
    ['something behind it', basic(`subscriber:${secret} `)],
    ['a colon in front of it', basic(`subscriber::${secret}`)],
    ['no base64', 'Basic %%%'],
    ['two credentials', `${basic(`subscriber:${secret}`)}, ${basic(`subscriber:${secret}`)}`],
    ['too little', basic('subscriber:pky_')],
    ['the scheme alone', 'Basic'],
  ])('calls %s malformed', (_, header) => {
    expect(parsePresentedSecret(header)).toEqual({ kind: 'malformed' });
  });
});
