import {
  type Alias,
  isAlias,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
  Parser,
  visit,
} from 'yaml';

/** A mistake in a YAML file, for who wrote it. */
export interface YamlMistake {
  /** From 1; for the file as a whole 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** `components[1].oci.repository`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** Where a value stands: in the text, and in the structure. */
export interface YamlPlace {
  readonly offset: number;
  readonly path: string;
}

const MOST_BYTES = 1024 * 1024;
/** The deepest file, the catalogue, has five levels; each takes one or two of the parser's. */
const MOST_LEVELS = 50;
/** Aliases counted at each use, so that a small file cannot stand for a huge one. */
const MOST_VALUES = 100_000;

/** Thrown by `YamlSource.value` to leave the whole reading at once; the mistake is noted before. */
export class TooManyValues extends Error {}

/**
 * One YAML text and the mistakes found in it so far. The constructor notes what
 * is wrong with it as YAML; a reader then asks for the nodes and notes what is
 * wrong with their meaning. No text makes it throw but through `value`.
 */
export class YamlSource {
  readonly mistakes: YamlMistake[] = [];
  readonly root: Node | null;
  private readonly lines = new LineCounter();
  private readonly targets: ReadonlyMap<Alias, Node>;
  private valuesRead = 0;

  constructor(text: string) {
    const unreadable = whyUnreadable(text);
    if (unreadable) this.refuse({ offset: 0, path: '' }, unreadable);
    const document = parseDocument(unreadable ? '' : text, {
      lineCounter: this.lines,
      prettyErrors: false,
      // Compares every key with every other: minutes for a file of 1 MiB. YamlMapping looks itself.
      uniqueKeys: false,
    });
    for (const { pos, message } of [...document.errors, ...document.warnings]) {
      this.refuse({ offset: pos[0], path: '' }, message);
    }
    this.root = document.contents;
    this.targets = targetsOfAliases(this.root);
  }

  /** Notes a mistake. */
  refuse({ offset, path }: YamlPlace, message: string): void {
    this.mistakes.push({ ...this.position(offset), path, message });
  }

  /** Line and column, both from 1. */
  position(offset: number): { line: number; column: number } {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /**
   * What stands at a place, an alias being what it stands for.
   *
   * @throws TooManyValues when the file has, or its aliases make, more than any file of ours
   */
  value(node: unknown, place: YamlPlace): unknown {
    if (++this.valuesRead > MOST_VALUES) {
      this.refuse(place, `more than ${MOST_VALUES} values, with aliases counted at each use`);
      throw new TooManyValues();
    }
    if (!isAlias(node)) return node;
    const target = this.targets.get(node);
    if (!target) this.refuse(place, `no anchor "&${node.source}" stands before this alias`);
    return target;
  }
}

/** What keeps the parser from being let at a text at all. */
function whyUnreadable(text: string): string | undefined {
  if (Buffer.byteLength(text) > MOST_BYTES) return `larger than ${MOST_BYTES} bytes`;
  if (isNestedTooDeeply(text)) return `nested deeper than ${MOST_LEVELS} levels`;
  return undefined;
}

/**
 * `parseDocument` descends recursively. 10 kB of `[` exhaust its stack, and where
 * that happens inside a regular expression V8 ends the process. The lexer and the
 * parser below it do not recurse, so they can tell beforehand.
 */
function isNestedTooDeeply(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _document of parser.next(lexeme));
    if (parser.stack.length > MOST_LEVELS) return true;
  }
  return false;
}

/** One walk for all: `Alias.resolve` walks the whole document for each. */
function targetsOfAliases(root: Node | null): Map<Alias, Node> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(root, {
    Alias(_key, alias) {
      const target = anchored.get(alias.source);
      if (target) targets.set(alias, target);
    },
    Value(_key, node) {
      if (node.anchor) anchored.set(node.anchor, node);
    },
  });
  return targets;
}
