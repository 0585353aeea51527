import { TooManyValues, type YamlMistake, YamlSource } from './yaml-source.js';

/**
 * Reads a YAML file of ours whole: what it says, or every mistake in it at once, in the order of the
 * file. Where the text is no YAML, the mistakes are those of its syntax alone. No text makes it throw.
 *
 * @param read takes the meaning from the nodes and notes mistakes in the source
 */
export function parseYaml<Document>(
  text: string,
  read: (source: YamlSource) => Document | undefined,
): { document: Document } | { mistakes: YamlMistake[] } {
  const source = new YamlSource(text);
  const document = source.mistakes.length === 0 ? readWhole(source, read) : undefined;
  if (document && source.mistakes.length === 0) return { document };
  return { mistakes: source.mistakes.sort((a, b) => a.line - b.line || a.column - b.column) };
}

function readWhole<Document>(
  source: YamlSource,
  read: (source: YamlSource) => Document | undefined,
): Document | undefined {
  try {
    return read(source);
  } catch (error) {
    if (error instanceof TooManyValues) return undefined;
    throw error;
  }
}

/** A mistake on a line of its own, for who wrote the file. */
export function describeMistake({ line, column, path, message }: YamlMistake): string {
  return `  line ${line}, column ${column}${path && `, ${path}`}: ${message}`;
}
