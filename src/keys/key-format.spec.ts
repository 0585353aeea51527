import { createHash } from 'node:crypto';
import { generateSecret, hashSecret, hintOf, isWellFormedSecret } from './key-format.js';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** CRC-32 (IEEE 802.3) bit by bit: slow, and not the code under test. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function fromBase62(digits: string): number {
  return [...digits].reduce((value, digit) => value * 62 + BASE62.indexOf(digit), 0);
}

/** Made with another language's zlib; the last one's checksum is padded. */
const KNOWN = [
  'pky_000000000000000000000000000000002wjyrI',
  'pky_abcdefghijklmnopqrstuvwxyz0123451nc0VA',
  'pky_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz4W8LJS',
  'pky_ZpLPQXY2SAEaByhqx2DudOldH9gcPQwD000lCT',
];

describe('a generated secret', () => {
  it('is pky_, 32 random base62 characters and the CRC-32 of these in 6', () => {
    expect(crc32('123456789')).toBe(0xcbf43926); // the check value that catalogues of CRCs give
    for (let i = 0; i < 500; i++) {
      const secret = generateSecret();
      expect(secret).toMatch(/^pky_[0-9A-Za-z]{38}$/);
      expect(fromBase62(secret.slice(36))).toBe(crc32(secret.slice(4, 36)));
      expect(isWellFormedSecret(secret)).toBe(true);
    }
  });

  it('is another one each time', () => {
    const secrets = Array.from({ length: 5_000 }, generateSecret);
    expect(new Set(secrets).size).toBe(5_000);
  });

  it('draws on every character at every place', () => {
    const seen = Array.from({ length: 32 }, () => new Set<string>());
    for (let i = 0; i < 3_000; i++) {
      [...generateSecret().slice(4, 36)].forEach((character, place) => seen[place]?.add(character));
    }
    expect(seen.map(({ size }) => size)).toEqual(Array(32).fill(62));
  });
});

describe('a well-formed secret', () => {
  it.each(KNOWN)('is %s, whose checksum another program computed', (secret) => {
    expect(isWellFormedSecret(secret)).toBe(true);
  });

  it.each(KNOWN)('is not %s with any one character mistyped', (secret) => {
    for (let place = 0; place < secret.length; place++) {
      for (const typed of `${BASE62}_-é `) {
        if (typed === secret[place]) continue;
        const typo = secret.slice(0, place) + typed + secret.slice(place + 1);
        expect([typo, isWellFormedSecret(typo)]).toEqual([typo, false]);
      }
    }
  });

  it.each(KNOWN)(
    'is not %s with a character lost, doubled or swapped with its neighbour',
    (secret) => {
      for (let place = 0; place < secret.length; place++) {
        const [here = '', next = ''] = secret.slice(place, place + 2);
        const before = secret.slice(0, place);
        const typos = [
          before + secret.slice(place + 1),
          before + here + secret.slice(place),
          before + next + here + secret.slice(place + 2),
        ].filter((typo) => typo !== secret);
        for (const typo of typos) expect([typo, isWellFormedSecret(typo)]).toEqual([typo, false]);
      }
    },
  );

  it.each([
    ['64 hex characters, as an earlier system made them', '0123456789abcdef'.repeat(4), true],
    ['the same in upper case', '0123456789ABCDEF'.repeat(4), true],
    ['63 of them', 'a'.repeat(63), false],
    ['65 of them', 'a'.repeat(65), false],
    ['64 with one that is not hex', `${'a'.repeat(63)}g`, false],
    ['nothing', '', false],
    ['the prefix alone', 'pky_', false],
    ['a line break behind it', `${KNOWN[0]}\n`, false],
    ['a line break behind hex', `${'a'.repeat(64)}\n`, false],
    ['a space before it', ` ${KNOWN[0]}`, false],
    ['the prefix in upper case', `PKY_${KNOWN[0]?.slice(4)}`, false],
    ['two of them', `${KNOWN[0]}${KNOWN[0]}`, false],
  ])('%s', (_, text, expected) => {
    expect(isWellFormedSecret(text)).toBe(expected);
  });
});

describe('what is kept of a secret', () => {
  it('is its SHA-256', () => {
    expect(hashSecret('abc').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', // FIPS 180-2, B.1
    );
    const secret = generateSecret();
    expect(hashSecret(secret)).toEqual(createHash('sha256').update(secret, 'utf8').digest());
  });

  it('is a hint of its prefix and its last four characters, and no more', () => {
    expect(hintOf('pky_000000000000000000000000000000002wjyrI')).toBe('pky_…jyrI');
    expect(hintOf('0123456789abcdef'.repeat(4))).toBe('…cdef');
  });
});
