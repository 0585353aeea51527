import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const OWN = /^pky_[0-9A-Za-z]{38}$/;
const IMPORTED = /^[0-9A-Fa-f]{64}$/;

/**
 * A new secret: `pky_`, 32 random base62 characters (190 bits), and the CRC-32 of those 32 in
 * 6 base62 characters. The prefix and the checksum let a secret scanner know it for what it is.
 */
export function generateSecret(): string {
  let random = '';
  for (let i = 0; i < RANDOM_LENGTH; i++) random += BASE62[randomInt(BASE62.length)];
  return `pky_${random}${checksum(random)}`;
}

/**
 * Could this be a secret at all? A typo is refused here, without a look-up. Besides our own form,
 * 64 hex characters are accepted: keys imported from an earlier system.
 */
export function isWellFormedSecret(text: string): boolean {
  if (OWN.test(text)) {
    const behind = 4 + RANDOM_LENGTH;
    return crc32(text.slice(4, behind)) === numberAt(text, behind);
  }
  return IMPORTED.test(text);
}

/** What is stored of a secret, and looked up by: its SHA-256. With 190 random bits it needs no salt and no stretching. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** What a person may know a secret by: its prefix and its last 4 characters. */
export function hintOf(secret: string): string {
  const prefix = secret.startsWith('pky_') ? 'pky_' : '';
  return `${prefix}…${secret.slice(-4)}`;
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
