/**
 * Maps strings of 32-bit words of one width (digests, UUIDs) to dense numbers 0, 1, 2, … by open
 * addressing in typed arrays: a million digests take 40 MB instead of some 200 in a `Map`, and none
 * of it is walked by the garbage collector. Entries are never removed.
 */
export class FixedWidthIndex {
  private words: Uint32Array;
  private slots: Int32Array;
  private count = 0;

  constructor(
    private readonly width: number,
    capacity = 1024,
  ) {
    this.words = new Uint32Array(capacity * width);
    this.slots = new Int32Array(slotsFor(capacity));
  }

  get size(): number {
    return this.count;
  }

  get capacity(): number {
    return this.words.length / this.width;
  }

  /** The number of this entry, or -1. */
  find(entry: Uint32Array): number {
    return (this.slots[this.slotOf(entry)] as number) - 1;
  }

  /** The number of this entry, made if it is new. */
  add(entry: Uint32Array): number {
    const slot = this.slotOf(entry);
    const existing = (this.slots[slot] as number) - 1;
    if (existing !== -1) return existing;

    if (this.count === this.capacity) {
      this.grow();
      return this.add(entry);
    }
    this.words.set(entry, this.count * this.width);
    this.slots[slot] = this.count + 1;
    return this.count++;
  }

  /** The entry with this number. */
  at(number: number): Uint32Array {
    return this.words.subarray(number * this.width, (number + 1) * this.width);
  }

  /** The slot that holds this entry, or the free one where it belongs. */
  private slotOf(entry: Uint32Array): number {
    const mask = this.slots.length - 1;
    // The last word: a version 7 UUID begins with its time.
    let slot = spread(entry[this.width - 1] as number) & mask;
    for (;;) {
      const number = (this.slots[slot] as number) - 1;
      if (number === -1 || this.equals(number, entry)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private equals(number: number, entry: Uint32Array): boolean {
    const start = number * this.width;
    for (let i = 0; i < this.width; i++) {
      if (this.words[start + i] !== entry[i]) return false;
    }
    return true;
  }

  private grow(): void {
    const words = new Uint32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    this.slots = new Int32Array(slotsFor(this.capacity));
    for (let number = 0; number < this.count; number++) {
      this.slots[this.slotOf(this.at(number))] = number + 1;
    }
  }
}

/** A power of two that is at most three quarters full. */
function slotsFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2((capacity * 4) / 3));
}

/** Spreads a word over all its bits (MurmurHash3's finaliser), so that ids which were numbered do not crowd. */
function spread(word: number): number {
  let bits = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
