import { hash } from 'node:crypto';
import { SecretFormat } from '../common/secret-format.js';

const OWN = new SecretFormat('pky_');
const IMPORTED = /^[0-9A-Fa-f]{64}$/;

/** A new secret, in our own form. */
export function generateSecret(): string {
  return OWN.generate();
}

/**
 * Could this be a secret at all? A typo is refused here, without a look-up. Besides our own form,
 * 64 hex characters are accepted: keys imported from an earlier system.
 */
export function isWellFormedSecret(text: string): boolean {
  return OWN.isWellFormed(text) || IMPORTED.test(text);
}

/** What is stored of a secret, and looked up by: its SHA-256. With 190 random bits it needs no salt and no stretching. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** What a person may know a secret by: its prefix and its last 4 characters. */
export function hintOf(secret: string): string {
  const prefix = secret.startsWith(OWN.prefix) ? OWN.prefix : '';
  return `${prefix}…${secret.slice(-4)}`;
}
