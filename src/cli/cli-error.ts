/** 1: the server refused. 2: the command is not one. 3: no server answered. */
export type ExitCode = 1 | 2 | 3;

/** Why a command failed: shown as `code: message` on standard error. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly exitCode: ExitCode,
    readonly code: string,
    message: string,
    readonly details?: unknown,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function usageError(message: string): CliError {
  return new CliError(2, 'USAGE', message);
}
