/** A file of a Debian repository or package that is not what it has to be; the message says what is wrong. */
export class MalformedMetadata extends Error {
  override readonly name = 'MalformedMetadata';
}

/** Names the file in what a parser says of its content. */
export function parsing<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof MalformedMetadata)) throw error;
    throw new MalformedMetadata(`${file}: ${error.message}`);
  }
}
