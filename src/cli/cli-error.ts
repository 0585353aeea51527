/** 1: refused, or it failed. 2: the command is not one. 3: no server answered. 130: interrupted (128 and SIGINT). */
export type ExitCode = 1 | 2 | 3 | 130;

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

/** Why a promotion did not go live. What it says holds digests of files, which are no secrets. */
export class PromotionFailure extends CliError {}
