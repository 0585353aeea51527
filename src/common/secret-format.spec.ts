import fc from 'fast-check';
import { SecretFormat } from './secret-format.js';

describe('a format of secrets', () => {
  const keys = new SecretFormat('pky_');
  const tokens = new SecretFormat('pka_');

  it('takes what it made itself, and nothing of another prefix', () => {
    for (let i = 0; i < 200; i++) {
      const token = tokens.generate();
      expect(token).toMatch(/^pka_[0-9A-Za-z]{38}$/);
      expect(tokens.isWellFormed(token)).toBe(true);
      expect(keys.isWellFormed(token)).toBe(false);
      expect(keys.isWellFormed(token.replace('pka_', 'pky_'))).toBe(true);
    }
  });

  it('takes no other text', () => {
    fc.assert(fc.property(fc.string(), (text) => !tokens.isWellFormed(text)));
    expect(tokens.isWellFormed(`${tokens.generate()}\n`)).toBe(false);
    expect(tokens.isWellFormed(` ${tokens.generate()}`)).toBe(false);
  });
});
