import { DomainError } from '../common/domain-error.js';
import { StartError } from '../common/start-error.js';
import type { KeyJournal } from './key-journal.store.js';

/**
 * Replays what the database lacks of its key journal, and writes what the journal lacks, before anything
 * else may change.
 * @throws StartError when they do not belong together, or the journal cannot be used
 */
export async function reconcileKeyJournal(
  journal: KeyJournal,
  onProgress: (message: string) => void,
): Promise<void> {
  try {
    const { changes, keys, revoked } = await journal.reconcile();
    if (changes === 0) return;
    onProgress(
      `Replayed the key journal: ${changes} changes that the database lacked, of ${keys} keys, ${revoked} of them revoked.`,
    );
  } catch (error) {
    throw error instanceof DomainError ? new StartError(error.message) : error;
  }
}
