import { styleText } from 'node:util';
import { createAdminApiClient, type AdminApiClient } from './admin-api-client.js';
import type { CliEnvironment } from './environment.js';

/** Options of every command. */
export interface GlobalOptions {
  readonly adminUrl: string;
  readonly json: boolean;
}

type Style = Parameters<typeof styleText>[0];

/** What every command needs: the API, and the ways to say something. */
export class Cli {
  constructor(readonly environment: CliEnvironment) {}

  api({ adminUrl }: GlobalOptions): AdminApiClient {
    return createAdminApiClient({ ...this.environment, adminUrl });
  }

  /** The answer, on standard output: as the API gave it for a program, or in words for a person. */
  answer({ json }: GlobalOptions, data: unknown, forPerson: () => string): void {
    this.write(json ? JSON.stringify(data, null, 2) : forPerson());
  }

  /** On standard output, as it is. */
  write(text: string): void {
    if (text !== '') process.stdout.write(`${text}\n`);
  }

  /** What a person should know besides, on standard error. */
  tell(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  paint(style: Style, text: string): string {
    return this.environment.colour ? styleText(style, text) : text;
  }
}
