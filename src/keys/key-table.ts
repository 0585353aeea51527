import { hash } from 'node:crypto';
import { FixedWidthIndex } from './fixed-width-index.js';
import type { KeyDirectory } from './key-directory.js';
import { type KnownKey } from './key-directory.js';

/** A key as a decision sees it. Times are milliseconds since the epoch, Infinity for never. */
export interface KeyRow {
  readonly id: string;
  readonly components: readonly string[];
  readonly expiresAt: number;
  readonly revoked: boolean;
}

/** A secret that expired at -Infinity was revoked, apart from its key. */
export interface SecretRow {
  /** SHA-256, 32 bytes. */
  readonly hash: Uint8Array;
  readonly keyId: string;
  readonly expiresAt: number;
}

const SHA256_WORDS = 8;
const UUID_WORDS = 4;

/**
 * All keys of an installation in memory, laid out for a million of them: columns in typed arrays,
 * sets of components shared between keys.
 */
export class KeyTable implements KeyDirectory {
  private readonly keyIndex: FixedWidthIndex;
  private readonly secretIndex: FixedWidthIndex;

  private keyExpiresAt: Float64Array;
  private keyRevoked: Uint8Array;
  private keyComponents: Uint32Array;
  private secretExpiresAt: Float64Array;
  private secretKey: Uint32Array;
  /** A key's secrets as a chain: the number of its first one, and of the next behind each; each plus one, 0 for none. */
  private keyFirstSecret: Uint32Array;
  private secretNext: Uint32Array;

  private readonly componentSets: ReadonlySet<string>[] = [];
  private readonly componentSetNumbers = new Map<string, number>();

  constructor(capacity = 1024) {
    this.keyIndex = new FixedWidthIndex(UUID_WORDS, capacity);
    this.secretIndex = new FixedWidthIndex(SHA256_WORDS, capacity);
    this.keyExpiresAt = new Float64Array(capacity);
    this.keyRevoked = new Uint8Array(capacity);
    this.keyComponents = new Uint32Array(capacity);
    this.secretExpiresAt = new Float64Array(capacity);
    this.secretKey = new Uint32Array(capacity);
    this.keyFirstSecret = new Uint32Array(capacity);
    this.secretNext = new Uint32Array(capacity);
  }

  get keyCount(): number {
    return this.keyIndex.size;
  }

  find(secret: string): KnownKey | undefined {
    const found = this.secretIndex.find(hashWords(secret));
    if (found === -1) return undefined;
    const index = this.secretKey[found] as number;
    return {
      index,
      names: this,
      components: this.componentSets[this.keyComponents[index] as number] as ReadonlySet<string>,
      expiresAt: Math.min(
        this.keyExpiresAt[index] as number,
        this.secretExpiresAt[found] as number,
      ),
      revoked: this.keyRevoked[index] === 1 || this.secretExpiresAt[found] === -Infinity,
    };
  }

  /** The id of the key with this index, as a `KnownKey` of this table carries it. */
  idOf(index: number): string {
    return uuidText(this.keyIndex.at(index));
  }

  putKey({ id, components, expiresAt, revoked }: KeyRow): void {
    const index = this.keyIndex.add(uuidWords(id));
    if (index >= this.keyRevoked.length) this.growKeys();
    this.keyExpiresAt[index] = expiresAt;
    this.keyRevoked[index] = revoked ? 1 : 0;
    this.keyComponents[index] = this.componentSetNumber(components);
  }

  /** A secret whose key is not in the table is ignored: it would open nothing. */
  putSecret({ hash, keyId, expiresAt }: SecretRow): void {
    const key = this.keyIndex.find(uuidWords(keyId));
    if (key === -1) return;
    const before = this.secretIndex.size;
    const index = this.secretIndex.add(asWords(hash));
    if (index >= this.secretKey.length) this.growSecrets();
    this.secretExpiresAt[index] = expiresAt;
    if (index < before) return; // a hash is of one key for good

    this.secretKey[index] = key;
    this.secretNext[index] = this.keyFirstSecret[key] as number;
    this.keyFirstSecret[key] = index + 1;
  }

  /** Ends every secret of these keys; those that still exist are put again. */
  endSecretsOf(keyIds: readonly string[]): void {
    for (const id of keyIds) {
      const key = this.keyIndex.find(uuidWords(id));
      let link = key === -1 ? 0 : (this.keyFirstSecret[key] as number);
      while (link !== 0) {
        this.secretExpiresAt[link - 1] = -Infinity;
        link = this.secretNext[link - 1] as number;
      }
    }
  }

  private componentSetNumber(components: readonly string[]): number {
    const name = [...components].sort().join(' ');
    const known = this.componentSetNumbers.get(name);
    if (known !== undefined) return known;
    const number = this.componentSets.push(new Set(components)) - 1;
    this.componentSetNumbers.set(name, number);
    return number;
  }

  private growKeys(): void {
    const capacity = this.keyIndex.capacity;
    this.keyExpiresAt = grown(this.keyExpiresAt, new Float64Array(capacity));
    this.keyRevoked = grown(this.keyRevoked, new Uint8Array(capacity));
    this.keyComponents = grown(this.keyComponents, new Uint32Array(capacity));
    this.keyFirstSecret = grown(this.keyFirstSecret, new Uint32Array(capacity));
  }

  private growSecrets(): void {
    const capacity = this.secretIndex.capacity;
    this.secretExpiresAt = grown(this.secretExpiresAt, new Float64Array(capacity));
    this.secretKey = grown(this.secretKey, new Uint32Array(capacity));
    this.secretNext = grown(this.secretNext, new Uint32Array(capacity));
  }
}

function grown<T extends Float64Array | Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Taken over and over: a look-up is over before the next begins. */
const scratch = new Uint32Array(SHA256_WORDS);
const scratchBytes = new Uint8Array(scratch.buffer);

/** `hashSecret` as words. By way of a string, which costs a third of a Buffer; valid until the next call. */
function hashWords(secret: string): Uint32Array {
  const bytes = hash('sha256', secret, 'binary');
  for (let i = 0; i < scratchBytes.length; i++) scratchBytes[i] = bytes.charCodeAt(i);
  return scratch;
}

/** The same bytes as 32-bit words. Copied only where they do not lie on a word's boundary. */
function asWords(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

function uuidWords(uuid: string): Uint32Array {
  return asWords(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

function uuidText(words: Uint32Array): string {
  const hex = Buffer.from(words.buffer, words.byteOffset, words.byteLength).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
