/**
 * Why the process cannot start, in words for the person who starts it.
 * `main` prints the message alone (no stack) and exits with code 1, so the
 * message names the setting, file or folder at fault and says what to do.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}
