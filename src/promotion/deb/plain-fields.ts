import type { Stanza } from './stanza.js';

/**
 * The fields that aptly takes apart at their commas and writes anew; empty ones it leaves out.
 */
const RELATIONS = new Set(['depends', 'pre-depends', 'recommends', 'suggests', 'provides']);
/** The field whose lines aptly keeps; it writes every other one in one line. */
const KEPT_LINES = 'description';

/**
 * A stanza in the form in which the `control` of a package and what aptly 1.6 writes of it into `Packages` are equal:
 * they differ in the order and case of field names and in white space, and mean the same.
 */
export function plainFields(stanza: Stanza): Stanza {
  const plain = new Map<string, string>();
  for (const [name, value] of stanza) {
    if (name === KEPT_LINES) {
      plain.set(name, value);
    } else if (RELATIONS.has(name)) {
      const relations = value.split(',').map(inOneLine).filter(Boolean);
      if (relations.length > 0) plain.set(name, relations.join(', '));
    } else {
      plain.set(name, inOneLine(value));
    }
  }
  return plain;
}

/** The first field in which two stanzas differ, both in their plain form. */
export function differingField(a: Stanza, b: Stanza): string | undefined {
  return [...new Set([...a.keys(), ...b.keys()])].find((name) => a.get(name) !== b.get(name));
}

function inOneLine(value: string): string {
  return value.replace(/[ \t\n]+/g, ' ').replace(/^ | $/g, '');
}
