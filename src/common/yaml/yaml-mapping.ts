import { isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import { nearestWord } from './nearest-word.js';
import type { TextGrammar } from './text-grammar.js';
import type { YamlPlace, YamlSource } from './yaml-source.js';

/**
 * A mapping of a YAML file, read key by key. What is wrong is noted in the
 * source with its place, and a stand-in of the right type is returned: the
 * reader goes on and finds every mistake, and whoever started it uses the
 * result only where there is none.
 */
export class YamlMapping {
  private readonly pairs = new Map<string, Pair>();

  private constructor(
    private readonly source: YamlSource,
    private readonly place: YamlPlace,
    map: YAMLMap,
    knownKeys: readonly string[],
  ) {
    for (const pair of map.items) this.take(pair, knownKeys);
  }

  /** The whole file as a mapping. */
  static root(source: YamlSource, knownKeys: readonly string[]): YamlMapping | undefined {
    const place = { offset: 0, path: '' };
    const root = source.root;
    if (root === null || (isScalar(root) && root.value === null)) {
      source.refuse(place, 'the file is empty');
      return undefined;
    }
    return YamlMapping.read(source, root, { ...place, offset: offsetOf(root, 0) }, knownKeys);
  }

  private static read(
    source: YamlSource,
    node: unknown,
    place: YamlPlace,
    knownKeys: readonly string[],
  ): YamlMapping | undefined {
    const value = source.value(node, place);
    if (isMap(value)) return new YamlMapping(source, place, value, knownKeys);
    if (value !== undefined) {
      source.refuse(
        place,
        `must be a mapping with the keys ${knownKeys.join(', ')}, not ${kindOf(value)}`,
      );
    }
    return undefined;
  }

  /** Notes a mistake of the mapping as a whole. */
  refuse(message: string): void {
    this.source.refuse(this.place, message);
  }

  has(key: string): boolean {
    return this.pairs.has(key);
  }

  /** A text; without a fallback it has to be there. */
  text(
    key: string,
    grammar: TextGrammar,
    options: { fallback?: string; distinct?: Distinct } = {},
  ) {
    const pair = this.pair(key, options.fallback === undefined);
    if (!pair) return options.fallback ?? '';
    return this.textAt(pair.value, this.placeOf(key, pair), grammar, options.distinct);
  }

  /** One of a few words, which has to be there. */
  word<Word extends string>(key: string, words: readonly Word[]): Word {
    return this.text(key, oneOf(words)) as Word;
  }

  /** One of a few words; the first is meant where the key is missing. */
  choice<Word extends string>(key: string, words: readonly [Word, ...Word[]]): Word {
    return this.text(key, oneOf(words), { fallback: words[0] }) as Word;
  }

  /** A list of texts that has to be there, is not empty and holds nothing twice. */
  texts(key: string, grammar: TextGrammar): string[] {
    const distinct = new Distinct(this.source);
    return this.list(key).map(({ node, place }) => this.textAt(node, place, grammar, distinct));
  }

  /** A mapping, or undefined where the key is missing. */
  mapping(key: string, knownKeys: readonly string[]): YamlMapping | undefined {
    const pair = this.pair(key, false);
    return pair && YamlMapping.read(this.source, pair.value, this.placeOf(key, pair), knownKeys);
  }

  /** A list of mappings that has to be there and is not empty. */
  mappings(key: string, knownKeys: readonly string[]): YamlMapping[] {
    return this.list(key).flatMap(
      ({ node, place }) => YamlMapping.read(this.source, node, place, knownKeys) ?? [],
    );
  }

  /** For texts that must differ from one mapping to the next. */
  distinct(): Distinct {
    return new Distinct(this.source);
  }

  private take(pair: Pair, knownKeys: readonly string[]): void {
    const offset = offsetOf(pair.key, this.place.offset);
    const keyNode = this.source.value(pair.key, { offset, path: this.place.path });
    const key = isScalar(keyNode) ? keyNode.value : undefined;
    if (typeof key !== 'string') {
      this.source.refuse({ offset, path: this.place.path }, 'a key must be text');
      return;
    }
    const place = { offset, path: pathOf(this.place.path, key) };
    const earlier = this.pairs.get(key);
    if (earlier) {
      const { line } = this.source.position(offsetOf(earlier.key, this.place.offset));
      this.source.refuse(place, `the key ${quoted(key)} stands already in line ${line}`);
    } else if (knownKeys.includes(key)) {
      this.pairs.set(key, pair);
    } else {
      const meant = nearestWord(key, knownKeys);
      const advice = meant ? `did you mean "${meant}"?` : `known are ${knownKeys.join(', ')}`;
      this.source.refuse(place, `unknown key ${quoted(key)}: ${advice}`);
    }
  }

  private pair(key: string, required: boolean): Pair | undefined {
    const pair = this.pairs.get(key);
    if (!pair && required) {
      const { offset, path } = this.place;
      this.source.refuse({ offset, path: pathOf(path, key) }, `${key} is missing`);
    }
    return pair;
  }

  /** Where the value stands; where there is none (`{ name }`), its key. */
  private placeOf(key: string, pair: Pair): YamlPlace {
    const keyOffset = offsetOf(pair.key, this.place.offset);
    return { offset: offsetOf(pair.value, keyOffset), path: pathOf(this.place.path, key) };
  }

  private list(key: string): { node: unknown; place: YamlPlace }[] {
    const pair = this.pair(key, true);
    if (!pair) return [];
    const place = this.placeOf(key, pair);
    const value = this.source.value(pair.value, place);
    if (value === undefined) return [];
    if (!isSeq(value)) {
      this.source.refuse(place, `must be a list, not ${kindOf(value)}`);
      return [];
    }
    if (value.items.length === 0) this.source.refuse(place, 'the list is empty');
    return value.items.map((node, index) => ({
      node,
      place: { offset: offsetOf(node, place.offset), path: `${place.path}[${index}]` },
    }));
  }

  private textAt(
    node: unknown,
    place: YamlPlace,
    grammar: TextGrammar,
    distinct?: Distinct,
  ): string {
    const value = this.source.value(node, place);
    if (value === undefined) return '';
    const text = isScalar(value) ? value.value : undefined;
    if (typeof text !== 'string') {
      this.source.refuse(place, whyNotText(value));
      return '';
    }
    if (grammar.pattern.test(text)) {
      distinct?.add(text, place);
    } else {
      const said = grammar.unrepeated ? 'this' : quoted(text);
      this.source.refuse(place, `${said} is not ${grammar.meaning}`);
    }
    return text;
  }
}

/** Texts that must all differ: refuses the second of two, naming the place of the first. */
export class Distinct {
  private readonly places = new Map<string, YamlPlace>();

  constructor(private readonly source: YamlSource) {}

  add(text: string, place: YamlPlace): void {
    const earlier = this.places.get(text);
    if (!earlier) {
      this.places.set(text, place);
      return;
    }
    const { line } = this.source.position(earlier.offset);
    this.source.refuse(place, `${quoted(text)} is already ${earlier.path}, in line ${line}`);
  }
}

function oneOf(words: readonly string[]): TextGrammar {
  return { pattern: new RegExp(`^(?:${words.join('|')})$`), meaning: `one of ${words.join(', ')}` };
}

function whyNotText(node: unknown): string {
  if (isScalar(node) && (typeof node.value === 'number' || typeof node.value === 'boolean')) {
    return `YAML reads ${node.source} as a ${typeof node.value}: write it in quotes, "${node.source}"`;
  }
  return `must be text, not ${kindOf(node)}`;
}

function kindOf(node: unknown): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  const value = isScalar(node) ? node.value : node;
  if (value === null) return 'an empty value';
  return typeof value === 'object' ? 'a tagged value' : `a ${typeof value}`;
}

function offsetOf(node: unknown, otherwise: number): number {
  const { range } = (node ?? {}) as { range?: readonly number[] | null };
  return range?.[0] ?? otherwise;
}

function pathOf(parent: string, key: string): string {
  if (!/^[\w-]{1,60}$/.test(key)) return `${parent}[${quoted(key)}]`;
  return parent === '' ? key : `${parent}.${key}`;
}

/** As JSON has it, so that no control character reaches a terminal, and not at any length. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
