import { presentedToken } from './presented-token.js';

const basic = (text: string) => Buffer.from(text).toString('base64');

describe('the token that is presented', () => {
  it.each([
    ['Bearer pka_abc', 'pka_abc'],
    ['bearer pka_abc', 'pka_abc'],
    ['BEARER   pka_abc  ', 'pka_abc'],
    [`Basic ${basic('operator:pka_abc')}`, 'pka_abc'],
    [`basic ${basic(':pka_abc')}`, 'pka_abc'],
    [`Basic ${basic('Zoë:pka_abc')}`, 'pka_abc'],
    [`Basic ${basic('a:b:c')}`, 'b:c'],
    [`Basic ${basic('operator:')}`, ''],
  ])('of "%s" is "%s"', (authorization, token) => {
    expect(presentedToken(authorization)).toBe(token);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Bearer pka_abc, Bearer pka_def',
    'Bearerpka_abc',
    'pka_abc',
    `Basic ${basic('pka_abc')}`,
    'Basic',
    'Basic !!',
    'Digest username="x"',
  ])('of "%s" is none', (authorization) => {
    expect(presentedToken(authorization)).toBeUndefined();
  });
});
