import { MalformedMetadata } from './malformed-metadata.js';

/**
 * One stanza of deb822(5): its fields by their names in lower case. A value is its first line without the white
 * space around it, and every further line, with its leading space and without white space at its end.
 *
 * Values are the bytes of the file, one character each (`latin1`), so that two are equal only if they are.
 */
export type Stanza = ReadonlyMap<string, string>;

const FIELD = /^([!-9;-~]+):(.*)$/;
// eslint-disable-next-line no-control-regex -- that is what is looked for
const CONTROL_CHARACTER = /[\0-\x08\x0b-\x1f\x7f]/;

/**
 * Reads a file of stanzas, and refuses what two readers could understand in different ways: NUL and CR, a field
 * twice, lines of white space, comments, an end without a line feed.
 *
 * @throws MalformedMetadata
 */
export function parseStanzas(content: Buffer): Stanza[] {
  const text = content.toString('latin1');
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new MalformedMetadata('its last line has no end');
  if (CONTROL_CHARACTER.test(text)) throw new MalformedMetadata('it holds a control character');

  const stanzas: Stanza[] = [];
  let fields = new Map<string, string>();
  let field = '';
  const endStanza = () => {
    if (fields.size > 0) stanzas.push(fields);
    fields = new Map();
    field = '';
  };
  for (const [i, line] of text.slice(0, -1).split('\n').entries()) {
    const refuse = (why: string) => new MalformedMetadata(`line ${i + 1} ${why}`);
    if (line === '') {
      endStanza();
    } else if (line.startsWith(' ') || line.startsWith('\t')) {
      if (field === '') throw refuse('goes on with a field, and there is none');
      const rest = trimEnd(line);
      if (rest === '') throw refuse('holds white space alone');
      fields.set(field, `${fields.get(field)}\n${rest}`);
    } else {
      const [, name, value] = FIELD.exec(line) ?? [];
      if (name === undefined || value === undefined || /^[#-]/.test(name)) {
        throw refuse('is no field of the form "Name: value"');
      }
      field = name.toLowerCase();
      if (fields.has(field)) throw refuse(`has ${name} a second time`);
      fields.set(field, trim(value));
    }
  }
  endStanza();
  return stanzas;
}

/** @throws MalformedMetadata where it holds another number of stanzas than one */
export function parseStanza(content: Buffer): Stanza {
  const [stanza, ...others] = parseStanzas(content);
  if (!stanza) throw new MalformedMetadata('it is empty');
  if (others.length > 0) throw new MalformedMetadata('it holds more than one stanza');
  return stanza;
}

/** @throws MalformedMetadata where the field is missing or empty */
export function requireField(stanza: Stanza, name: string): string {
  const value = stanza.get(name.toLowerCase());
  if (value === undefined || value === '') throw new MalformedMetadata(`it has no ${name}`);
  return value;
}

/** `trim` and `\s` take U+00A0 for white space, which as a byte is half of a letter in UTF-8. */
export function trim(text: string): string {
  return trimEnd(text).replace(/^[ \t]+/, '');
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t'.includes(text[end - 1]!)) end -= 1;
  return text.slice(0, end);
}
