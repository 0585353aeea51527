import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { usageError } from './cli-error.js';

/** A secret from standard input: the first line of what is piped in, or asked for without an echo. */
export async function readSecret(
  input: NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY'>>,
  prompt: string,
): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: input.isTTY === true });
  if (input.isTTY) process.stderr.write(prompt);
  try {
    for await (const line of lines) {
      const secret = line.trim();
      if (secret !== '') return secret;
    }
    throw usageError('There was no key on standard input.');
  } finally {
    lines.close();
    if (input.isTTY) process.stderr.write('\n');
  }
}
