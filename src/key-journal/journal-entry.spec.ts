import fc from 'fast-check';
import { checkChain } from './check-chain.js';
import {
  EntryAssembly,
  formatEntry,
  parseLine,
  type JournalEntry,
  type KeyState,
} from './journal-entry.js';
import { SPOILT } from './journal-files.js';

const aKey = (id: number): KeyState => ({
  id: String(id),
  label: 'with a\nline break',
  customer: null,
  components: ['core'],
  expires_at: null,
  revoked_at: '2026-11-24T11:05:00.123456+00:00',
  created_at: '2026-11-24T11:05:00+00:00',
  idempotency_key: null,
  secrets: [],
});

const anEntry = (revision: bigint, after: bigint | null, keys = 1): JournalEntry => ({
  revision,
  token: `token ${revision}`,
  after,
  owed: [],
  events: [],
  keys: Array.from({ length: keys }, (_, id) => aKey(id)),
});

function read(text: string): JournalEntry[] {
  const assembly = new EntryAssembly();
  return text.split('\n').flatMap((each) => {
    const line = parseLine(each);
    return (line && assembly.add(line)) ?? [];
  });
}

describe('an entry of the key journal', () => {
  it.each([0, 1, 1_000, 1_001, 2_500])('of %i keys is read as it was written', (keys) => {
    const entry = anEntry(7n, 6n, keys);
    expect(read(formatEntry(entry))).toEqual([entry]);
  });

  it('cut off anywhere is none, and those before and after it are whole', () => {
    const [before, cut, after] = [anEntry(1n, null), anEntry(2n, 1n, 2_100), anEntry(2n, 1n)];
    const text = formatEntry(cut);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
        const all = `${formatEntry(before)}${text.slice(0, length)}${SPOILT}${formatEntry(after)}`;
        expect(read(all)).toEqual([before, after]);
      }),
      { numRuns: 50 },
    );
  });

  it('of a newer format is not guessed at', () => {
    expect(() => parseLine('{"version":2}')).toThrow('version 2');
  });
});

describe('the chain of entries', () => {
  it('begins anew where an entry has all keys', () => {
    const entries = [anEntry(1n, null), anEntry(2n, 1n), anEntry(9n, null), anEntry(10n, 9n)];
    expect(checkChain(entries)).toEqual(entries.slice(2));
  });

  it('with a gap is refused', () => {
    expect(() => checkChain([anEntry(1n, null), anEntry(3n, 2n)])).toThrow('changes 1 and 3');
  });
});
