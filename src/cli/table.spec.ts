import fc from 'fast-check';
import stringWidth from 'string-width';
import { cut, facts, table } from './table.js';

const COLUMNS = [
  { title: 'NAME', shrinks: true },
  { title: 'COUNT', align: 'right' },
] as const;

describe('a table', () => {
  it('has its columns under each other, and nothing at the end of a line', () => {
    expect(
      table(COLUMNS, [
        ['core', '7'],
        ['a longer one', '1234567'],
      ]),
    ).toBe('NAME            COUNT\ncore                7\na longer one  1234567');
  });

  it('counts what a terminal shows: two for CJK and emoji, none for an accent of its own', () => {
    expect(
      table(COLUMNS, [
        ['株式会社', '1'],
        ['👩‍🚀', '2'],
        ['e\u0301te\u0301', '3'],
      ]),
    ).toBe('NAME      COUNT\n株式会社      1\n👩‍🚀            2\ne\u0301te\u0301           3');
  });

  it('cuts what may be cut, until it fits', () => {
    const rows = [['The label of a key that is long', '12']];
    expect(table(COLUMNS, rows, 20)).toBe('NAME           COUNT\nThe label of…     12');
    expect(table(COLUMNS, rows, 1)).toContain('The lab…');
  });

  it('takes from the widest first', () => {
    const columns = [
      { title: 'A', shrinks: true },
      { title: 'B', shrinks: true },
    ];
    const [, row] = table(columns, [['x'.repeat(10), 'y'.repeat(40)]], 32).split('\n');
    expect(row).toBe(`${'x'.repeat(10)}  ${'y'.repeat(19)}…`);
  });

  it('colours a cell without counting that', () => {
    const columns = [{ title: 'STATE', paint: (cell: string) => `<${cell}>` }, { title: 'B' }];
    expect(table(columns, [['ok', 'x']])).toBe('STATE  B\n<ok   >  x');
  });

  it('lets nothing from elsewhere move the cursor, colour the terminal or turn the text', () => {
    const text = table([{ title: 'A' }], [['a\u001b[31mb\nc\u202ed']]);
    expect(text).toBe('A\na�[31mb�c�d');
    expect(facts([['A', '\u001b]0;x\u0007']])).toBe('A  �]0;x�');
  });

  it('has lines that fit, whatever stands in them, and loses no cell that need not shrink', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat()), { maxLength: 8 }),
        fc.integer({ min: 40, max: 120 }),
        (rows, width) => {
          const lines = table(
            COLUMNS,
            rows.map(([name, count]) => [name, String(count)]),
            width,
          ).split('\n');
          expect(lines).toHaveLength(rows.length + 1);
          lines.forEach((line) => expect(stringWidth(line)).toBeLessThanOrEqual(width));
          rows.forEach(([, count], index) =>
            expect(lines[index + 1]!.endsWith(String(count))).toBe(true),
          );
        },
      ),
    );
  });
});

describe('cut', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['株式会社', 8, '株式会社'],
    ['株式会社', 7, '株式会…'],
    ['株式会社', 6, '株式…'],
    ['👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 3, '👨‍👩‍👧‍👦…'],
  ])('%s to %d is %s', (text, width, expected) => {
    expect(cut(text, width)).toBe(expected);
  });
});

describe('facts', () => {
  it('end their names in one line', () => {
    expect(
      facts([
        ['Id', '7'],
        ['Components', 'core'],
      ]),
    ).toBe('Id          7\nComponents  core');
  });
});
