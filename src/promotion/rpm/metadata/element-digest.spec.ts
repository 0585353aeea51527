import fc from 'fast-check';
import { ElementDigest } from './element-digest.js';

type Attributes = Record<string, string>;
interface Element {
  name: string;
  attributes: Attributes;
  content: (Element | string)[];
}

/** The digest of an element whose attributes are written in this order. */
function digestOf(element: Element, order: (names: string[]) => string[] = (names) => names) {
  const digest = new ElementDigest();
  const visit = ({ name, attributes, content }: Element) => {
    const names = order(Object.keys(attributes));
    digest.openElement(name, Object.fromEntries(names.map((it) => [it, attributes[it]!])));
    for (const part of content) {
      if (typeof part === 'string') digest.text(part);
      else visit(part);
    }
    digest.closeElement();
  };
  visit(element);
  return digest.digest();
}

const word = fc.constantFrom('a', 'b', 'name', 'x:y');
const { element } = fc.letrec<{ element: Element; text: string }>((tie) => ({
  text: fc.constantFrom('a', ' a', '["end"]', '\n', 'a b'),
  element: fc.record({
    name: word,
    attributes: fc.dictionary(word, fc.constantFrom('', '1', '"')),
    content: fc.array(fc.oneof({ maxDepth: 3 }, tie('text'), tie('element')), { maxLength: 4 }),
  }),
}));

/** What a client reads: text that is in one piece, white space between elements left out. */
function meaningOf({ name, attributes, content }: Element): unknown {
  const parts: unknown[] = [];
  let text = '';
  const hasElements = content.some((part) => typeof part !== 'string');
  const flush = () => {
    if (hasElements ? text.trim() !== '' : text !== '') parts.push(text);
    text = '';
  };
  for (const part of content) {
    if (typeof part === 'string') text += part;
    else {
      flush();
      parts.push(meaningOf(part));
    }
  }
  flush();
  return [name, Object.entries(attributes).sort(), parts];
}

describe('ElementDigest', () => {
  it('is the same where the meaning is, and only there', () => {
    fc.assert(
      fc.property(element, element, (a, b) => {
        const alike = JSON.stringify(meaningOf(a)) === JSON.stringify(meaningOf(b));
        expect(digestOf(a) === digestOf(b)).toBe(alike);
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order of attributes', () => {
    fc.assert(
      fc.property(element, (it) => {
        expect(digestOf(it, (names) => names.reverse())).toBe(digestOf(it));
      }),
    );
  });

  it('keeps white space that is the whole text', () => {
    const of = (text: string) => digestOf({ name: 'a', attributes: {}, content: [text] });
    expect(of(' ')).not.toBe(of(''));
    expect(of(' a')).not.toBe(of('a'));
  });
});
