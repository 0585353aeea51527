import fc from 'fast-check';
import { MalformedMetadata } from './malformed-metadata.js';
import { parseStanza, parseStanzas } from './stanza.js';

const parse = (text: string | Buffer) =>
  parseStanzas(Buffer.from(text as string)).map((each) => [...each]);

describe('stanzas', () => {
  it('are fields and values', () => {
    expect(parse('Package: acme\nVersion:1.0 \n\n\nPackage: b\n')).toEqual([
      [
        ['package', 'acme'],
        ['version', '1.0'],
      ],
      [['package', 'b']],
    ]);
  });

  it('keep the lines of a value', () => {
    expect(parse('Description: short\n long\n  indented \n .\n\tend\nEmpty:\n x\n')).toEqual([
      [
        ['description', 'short\n long\n  indented\n .\n\tend'],
        ['empty', '\n x'],
      ],
    ]);
  });

  it('keep every byte of a value', () => {
    // 0xa0 ends "à" in UTF-8, and is white space in Latin-1
    const [stanza] = parseStanzas(Buffer.from('Maintainer: à\n'));
    expect(Buffer.from(stanza!.get('maintainer')!, 'latin1').toString()).toBe('à');
  });

  it.each([
    ['no end', 'A: b', 'no end'],
    ['NUL', 'A: b\0\n', 'control character'],
    ['CR', 'A: b\r\n', 'control character'],
    ['a field twice', 'A: b\na: c\n', 'line 2 has a a second time'],
    ['a line of white space', 'A: b\n \nC: d\n', 'line 2 holds white space'],
    ['a first line that goes on', ' A: b\n', 'line 1 goes on with a field'],
    ['a line that goes on after the end', 'A: b\n\n c\n', 'line 3 goes on with a field'],
    ['a comment', '#A: b\n', 'line 1 is no field'],
    ['no colon', 'A: b\nc\n', 'line 2 is no field'],
    ['white space before the colon', 'A : b\n', 'line 1 is no field'],
    ['a name that is not ASCII', 'Ä: b\n', 'line 1 is no field'],
  ])('are refused with %s', (_, text, words) => {
    expect(() => parse(text)).toThrow(MalformedMetadata);
    expect(() => parse(text)).toThrow(words);
  });

  it('are none in an empty file', () => {
    expect(parse('')).toEqual([]);
    expect(() => parseStanza(Buffer.from('\n'))).toThrow('it is empty');
    expect(() => parseStanza(Buffer.from('A: b\n\nC: d\n'))).toThrow('more than one stanza');
  });

  it('are read as they were written', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
    const fields = fc.uniqueArray(fc.tuple(name, value), { minLength: 1, selector: ([n]) => n });
    fc.assert(
      fc.property(fc.array(fields), (stanzas) => {
        const lines = (each: [string, string][]) => each.map(([n, v]) => `${n}: ${v}\n`).join('');
        expect(parse(stanzas.map((each) => `${lines(each)}\n`).join(''))).toEqual(stanzas);
      }),
    );
  });

  it('are read or refused, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parseStanzas(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMetadata);
        }
      }),
    );
  });
});
