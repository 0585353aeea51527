import fc from 'fast-check';
import { FixedWidthIndex } from './fixed-width-index.js';

const WIDTH = 4;

/** Few values a word, so that entries repeat and differ in one word alone. */
const entries = (values: number) =>
  fc.array(fc.tuple(...Array.from({ length: WIDTH }, () => fc.integer({ min: 0, max: values }))), {
    maxLength: 300,
  });
const anyWords = fc.array(
  fc.tuple(...Array.from({ length: WIDTH }, () => fc.integer({ min: 0, max: 0xffffffff }))),
  { maxLength: 300 },
);

const words = (entry: readonly number[]) => Uint32Array.from(entry);

/** Adds all of them to an index and to a `Map`, and checks that these agree at every step. */
function agreesWithMap(all: readonly (readonly number[])[], capacity: number): void {
  const index = new FixedWidthIndex(WIDTH, capacity);
  const model = new Map<string, number>();
  for (const entry of all) {
    const name = entry.join();
    expect(index.find(words(entry))).toBe(model.get(name) ?? -1);
    if (!model.has(name)) model.set(name, model.size);
    expect(index.add(words(entry))).toBe(model.get(name));
    expect(index.size).toBe(model.size);
  }
  for (const [name, number] of model) {
    expect([...index.at(number)].join()).toBe(name);
    expect(index.find(index.at(number))).toBe(number);
  }
  expect(index.capacity).toBeGreaterThanOrEqual(index.size);
}

describe('an index of words', () => {
  it('numbers what is added as a Map would, from an empty one beyond any capacity', () => {
    const capacity = fc.integer({ min: 1, max: 20 });
    fc.assert(fc.property(anyWords, capacity, agreesWithMap));
    fc.assert(fc.property(entries(2), capacity, agreesWithMap));
  });

  it('tells entries apart that share their last word, by which they are placed', () => {
    const sharing = entries(0xffff).map((all) => all.map((entry) => [...entry.slice(0, -1), 7]));
    fc.assert(fc.property(sharing, fc.integer({ min: 1, max: 20 }), agreesWithMap));
  });

  it('finds the last slots’ neighbours at the beginning', () => {
    const wrapping = Array.from({ length: 40 }, (_, i) => [i, 0, 0, 0xffffffff - (i % 3)]);
    agreesWithMap(wrapping, 64);
  });

  it('finds nothing in an empty one, be it all zeros', () => {
    const index = new FixedWidthIndex(WIDTH);
    expect(index.find(words([0, 0, 0, 0]))).toBe(-1);
    expect(index.size).toBe(0);
  });

  it('keeps every number while it grows from one entry to many', () => {
    const index = new FixedWidthIndex(2, 1);
    for (let i = 0; i < 5_000; i++) expect(index.add(Uint32Array.of(i, i * 7))).toBe(i);
    for (let i = 0; i < 5_000; i++) expect(index.find(Uint32Array.of(i, i * 7))).toBe(i);
    expect(index.find(Uint32Array.of(1, 8))).toBe(-1);
  });

  it('copies what is added: what happens to it later is no matter', () => {
    const index = new FixedWidthIndex(WIDTH);
    const entry = words([1, 2, 3, 4]);
    index.add(entry);
    entry.fill(9);
    expect(index.find(words([1, 2, 3, 4]))).toBe(0);
    expect(index.find(entry)).toBe(-1);
  });
});
