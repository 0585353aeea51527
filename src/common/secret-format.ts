import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;

/**
 * How our secrets are written: a prefix, 32 random base62 characters (190 bits), and the CRC-32 of
 * those 32 in 6 base62 characters. The prefix and the checksum let a secret scanner know it for what
 * it is, and refuse a typo without a look-up.
 */
export class SecretFormat {
  private readonly pattern: RegExp;

  /** @param prefix of lower-case letters and `_` */
  constructor(readonly prefix: string) {
    this.pattern = new RegExp(`^${prefix}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);
  }

  generate(): string {
    let random = '';
    for (let i = 0; i < RANDOM_LENGTH; i++) random += BASE62[randomInt(BASE62.length)];
    return `${this.prefix}${random}${checksum(random)}`;
  }

  isWellFormed(text: string): boolean {
    if (!this.pattern.test(text)) return false;
    const start = this.prefix.length;
    const end = start + RANDOM_LENGTH;
    return crc32(text.slice(start, end)) === numberAt(text, end);
  }
}

/** The checksum that stands in a secret from this place on, as a number. */
function numberAt(text: string, start: number): number {
  let value = 0;
  for (let i = start; i < text.length; i++) value = value * 62 + BASE62.indexOf(text.charAt(i));
  return value;
}

/** CRC-32 (IEEE 802.3) in base62, left-padded with `0`. */
function checksum(random: string): string {
  let value = crc32(random);
  let digits = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = BASE62.charAt(value % 62) + digits;
    value = Math.floor(value / 62);
  }
  return digits;
}
