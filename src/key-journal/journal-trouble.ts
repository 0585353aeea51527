import { DomainError } from '../common/domain-error.js';

/** The journal has entries that this database lacks: they are to be replayed first. */
export class JournalAhead extends Error {
  override readonly name = 'JournalAhead';
}

/** @param outcome what became of the change */
export function journalUnavailable(folder: string, error: unknown, outcome: string): DomainError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new DomainError(
    'KEY_JOURNAL_UNAVAILABLE',
    `${outcome} The key journal ${folder} (KEY_JOURNAL_DIR) cannot be used (${code ?? message}). ` +
      'See that the folder is mounted, has room and can be written, and do it again.',
    undefined,
    { cause: error },
  );
}

export function journalDiverged(folder: string, reason: string): DomainError {
  return new DomainError(
    'KEY_JOURNAL_DIVERGED',
    `The key journal ${folder} (KEY_JOURNAL_DIR) does not belong to this database: ${reason}. ` +
      'Is the journal right? Restore the backup once more, and start with this journal before anything else is changed. ' +
      'Is the database right? Move the files out of the folder: a new journal begins with all its keys.',
  );
}
