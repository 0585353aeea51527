import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { parseImportFile, type KeyToImport } from './import-file.js';

const KEYS = Array.from({ length: 4 }, () => randomBytes(32).toString('hex'));
const [A, B, C] = KEYS as [string, string, string];

const keysOf = (text: string) => parseImportFile(text).keys.map(({ key }) => key);
const mistakesIn = (text: string) =>
  parseImportFile(text).mistakes.map(
    ({ place, problem }) => `${place.unit} ${place.number}: ${problem}`,
  );

describe('CSV', () => {
  it('has its columns in their order, where no line names them', () => {
    expect(
      keysOf(`${A},core,Acme\n${B},core minion,"Globex, Inc.",2027-01-01T00:00:00Z,C-7\n`),
    ).toEqual([
      { key: A, components: ['core'], label: 'Acme' },
      {
        key: B,
        components: ['core', 'minion'],
        label: 'Globex, Inc.',
        expires_at: '2027-01-01T00:00:00Z',
        customer: 'C-7',
      },
    ]);
  });

  it('has them in any order, where the first line does', () => {
    const file = `label,Key,components,customer\r\nAcme,${A},core,\r\n`;
    expect(keysOf(`\ufeff${file}`)).toEqual([{ key: A, components: ['core'], label: 'Acme' }]);
  });

  it('says where each mistake is, as an editor counts', () => {
    const file = `key,component,label\n\n${A},core,Acme\n${B},,Globex\n${C}\n${A},core,Again\n${B},core,x,y,z\n`;
    expect(mistakesIn(file)).toEqual([
      'line 4: component is missing',
      'line 5: component is missing',
      'line 5: label is missing',
      'line 6: the key stands already in line 3',
      'line 7: there are more than the 3 columns key, component, label',
    ]);
  });

  it.each([
    ['', /no keys/],
    ['key,component,label\n', /no keys/],
    [`key,component,name\n${A},core,Acme\n`, /column "name"/],
    [`${A},core,"Acme\n`, /quotes in or before line/],
    [`${A}"x,core,Acme\n`, /quotes in or before line/],
  ])('refuses %j', (text, message) => {
    expect(() => parseImportFile(text)).toThrow(message);
  });

  it('reads back what another program wrote', () => {
    const cell = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => text.trim() === text && !/[\r\n]/.test(text));
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, fc.option(cell)), { minLength: 1, maxLength: 20 }),
        (rows) => {
          const lines = rows.map(([label, customer], index) =>
            [
              `k${index}`,
              'core',
              quoted(label),
              '',
              customer === null ? '' : quoted(customer),
            ].join(','),
          );
          expect(keysOf(lines.join('\n'))).toEqual(
            rows.map(([label, customer], index): KeyToImport => ({
              key: `k${index}`,
              components: ['core'],
              label,
              ...(customer !== null && { customer }),
            })),
          );
        },
      ),
    );
  });
});

describe('JSON', () => {
  it('is an array of the same fields, components also as a list', () => {
    const entries = [
      { key: A, component: 'core', label: 'Acme' },
      {
        key: B,
        components: ['core', 'minion'],
        label: 'Globex',
        expires_at: null,
        customer: 'C-7',
      },
    ];
    expect(keysOf(JSON.stringify(entries))).toEqual([
      { key: A, components: ['core'], label: 'Acme' },
      { key: B, components: ['core', 'minion'], label: 'Globex', customer: 'C-7' },
    ]);
  });

  it('says which entry is wrong', () => {
    const entries = [
      { key: A, component: 'core', label: 'Acme' },
      7,
      { key: B, component: 'core', label: 7 },
      { key: B, component: 'core', label: 'x', colour: 'red' },
      { key: A, label: 'x' },
    ];
    expect(mistakesIn(JSON.stringify(entries))).toEqual([
      'entry 2: it must be an object with key, component, label, expires_at, customer',
      'entry 3: label must be text',
      'entry 4: "colour" is not one of key, component, label, expires_at, customer',
      'entry 5: component is missing',
      'entry 5: the key stands already in entry 1',
    ]);
  });

  it.each(['{}', '[', '[]', '{"keys": []}'])('refuses %s', (text) => {
    expect(() => parseImportFile(text)).toThrow();
  });
});

describe('what is wrong', () => {
  it('is said without repeating a key', () => {
    const secret = `pky_${'x'.repeat(38)}`;
    for (const text of [
      `${secret},core\n`,
      `${secret},core,a\n${secret},core,a\n`,
      `${secret}"",core,a\n`,
      `"${secret},core,a\n`,
      `a,${secret}"b,core\n`,
      `[{"key": "${secret}"]`,
      `[{"key": "${secret}"}]`,
      `[{"key": ["${secret}"]}]`,
      `["${secret}"]`,
    ]) {
      let said: string;
      try {
        said = JSON.stringify(parseImportFile(text).mistakes);
        expect(said).not.toBe('[]');
      } catch (error) {
        said = (error as Error).message;
      }
      expect(said).not.toContain(secret);
    }
  });

  it('is a mistake or a usage error, for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseImportFile(text);
        } catch (error) {
          expect(error).toMatchObject({ exitCode: 2 });
        }
      }),
    );
  });
});
