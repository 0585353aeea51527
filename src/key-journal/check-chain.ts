import type { JournalEntry } from './journal-entry.js';

/**
 * The entries since the journal last began with all keys, each of which goes on from the one before.
 * @throws Error when one is missing in between
 */
export function checkChain(entries: readonly JournalEntry[]): JournalEntry[] {
  const chain: JournalEntry[] = [];
  for (const entry of entries) {
    const before = chain.at(-1);
    if (entry.after === null) chain.length = 0;
    else if (before && before.revision !== entry.after) {
      throw new Error(
        `something is missing between its entries of the changes ${before.revision} and ${entry.revision}`,
      );
    }
    chain.push(entry);
  }
  return chain;
}
