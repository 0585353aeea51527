import { generateSecret } from './key-format.js';
import { mistakesInImport, type ImportedKey } from './import-keys.js';

const HEX = 'ab'.repeat(32);
const known = (name: string) => ['core', 'minion'].includes(name);

function aKey(given: Partial<ImportedKey> = {}): ImportedKey {
  const order = { label: 'Acme', customer: null, expiresAt: null };
  return { secret: generateSecret(), components: ['core'], ...order, ...given };
}

describe('a list of keys to import', () => {
  it('may hold keys of either form', () => {
    const keys = [aKey(), aKey({ secret: HEX }), aKey({ components: ['core', 'minion'] })];
    expect(mistakesInImport(keys, known)).toEqual([]);
  });

  it('has all its mistakes named, in order, and no secret repeated', () => {
    const secret = generateSecret();
    const typo = `${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`;
    const keys = [
      aKey(),
      aKey({ secret: typo, components: ['nope', '__proto__'] }),
      aKey({ secret: HEX }),
      aKey({ secret: 'short' }),
      aKey({ secret: HEX }),
    ];
    const mistakes = mistakesInImport(keys, known);
    expect(mistakes.map(({ index, field }) => [index, field])).toEqual([
      [1, 'key'],
      [1, 'components'],
      [1, 'components'],
      [3, 'key'],
      [4, 'key'],
    ]);
    expect(mistakes[4]?.problem).toContain('place 2');
    expect(JSON.stringify(mistakes)).not.toMatch(/pky_|short|abab/);
  });

  it('takes the same hex digits in another case for another key, as the old system did', () => {
    const keys = [aKey({ secret: HEX }), aKey({ secret: HEX.toUpperCase() })];
    expect(mistakesInImport(keys, known)).toEqual([]);
  });
});
